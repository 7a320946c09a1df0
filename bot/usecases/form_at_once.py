"""Whether a command is answered by a form, which Slack lets one open for three seconds only."""

from __future__ import annotations

from bot.domain.command import Command
from bot.domain.grammar import parse


def wants_text_form(text: str) -> str | None:
    """The target that it names (perhaps empty) where `/sfint diagnose` came without a text; None otherwise."""
    if not text.lstrip().lower().startswith(("diagnose", "/sfint", "sfint")):
        return None  # the common way: nothing is parsed before the acknowledgement
    command = parse(text)
    if not isinstance(command, Command) or command.name != "diagnose" or command.arguments:
        return None
    return command.option("target") or ""
