"""`/sfint help` within the acknowledgement: nothing to record, because nothing can be lost or done twice."""

from __future__ import annotations

import functools

from bot.domain.actor import Roles
from bot.domain.command import Command
from bot.domain.grammar import parse
from bot.domain.help import help_for
from bot.domain.notice import Notice
from bot.ports.directory import Directory
from bot.usecases.strangers import refusal

_MOST_REMEMBERED = 256


class HelpAtOnce:
    """Only for people and channels that the directory still remembers: asking Slack would take too long."""

    def __init__(self, directory: Directory, roles: Roles, home_team: str) -> None:
        self._directory = directory
        self._roles = roles
        self._home_team = home_team

    def __call__(self, user_id: str, channel_id: str, text: str) -> Notice | None:
        """The help text; None for whatever has to be recorded and worked off like all else."""
        found = _help(text)
        if found is None:
            return None
        actor = self._directory.known_actor(user_id)
        place = self._directory.known_place(channel_id)
        if actor is None or place is None or not place.is_joined:
            return None
        return None if refusal(actor, place, self._roles, self._home_team) else found


@functools.lru_cache(maxsize=_MOST_REMEMBERED)
def _help(text: str) -> Notice | None:
    command = parse(text)
    if not isinstance(command, Command) or command.name != "help":
        return None
    return help_for(command.arguments[0] if command.arguments else None)
