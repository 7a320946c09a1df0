"""Readings shared by checks, steps and remediations: what is asked of several systems, put together."""
