"""Measures the bot beside the least that could be done in its place; `make bench`."""
