"""Fakes of the bot's ports for tests of the inside; each passes the same contract suite as the real adapter."""
