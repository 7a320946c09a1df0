"""How the bot names itself to those it asks, so that their logs tell its requests from the middleware's."""

from importlib.metadata import version

USER_AGENT = f"sfint/{version('sfint')}"
