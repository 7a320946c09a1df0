"""Who a user id is and what a channel is, asked of Slack and remembered for some minutes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack_errors import answer_of, code_of
from bot.domain.actor import Actor, Place
from bot.domain.errors import NotFound, SfintError, Unreachable

_PERSON_SECONDS = 300.0
_PLACE_SECONDS = 30.0
"""Shorter: in a channel that the bot was removed from nobody sees the answer; in one just shared, too many do."""
_MOST_REMEMBERED = 2_000
_NOT_FULL_MEMBERS = ("is_restricted", "is_ultra_restricted", "is_bot", "is_workflow_bot", "is_stranger", "deleted")
_SHARED = ("is_ext_shared", "is_pending_ext_shared")
_Known = TypeVar("_Known", Actor, Place)


class SlackDirectory:
    """Implements `bot.ports.directory.Directory`. What cannot be asked raises Unreachable, and callers deny."""

    def __init__(
        self, web: AsyncWebClient, home_team: str, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._web = web
        self._home_team = home_team
        self._actors: _Memory[Actor] = _Memory(monotonic, _PERSON_SECONDS)
        self._places: _Memory[Place] = _Memory(monotonic, _PLACE_SECONDS)

    async def actor(self, user_id: str, team_id: str) -> Actor:
        """The person as users.info has them; the team of the account counts, not the one that the click names."""
        if known := self._actors.get(user_id):
            return known
        try:
            answer = await answer_of(self._web.users_info(user=user_id))
        except NotFound:
            return Actor(user_id, team_id, is_guest=True)
        except SfintError as error:
            raise Unreachable(f"Slack does not say who {user_id} is: {error}") from error
        user: Mapping[str, Any] = answer.get("user") or {}
        return self._actors.keep(user_id, _actor(user_id, self._team(user, team_id), user))

    async def place(self, channel_id: str) -> Place:
        """The channel as conversations.info has it; a private one without the bot cannot be seen at all."""
        if known := self._places.get(channel_id):
            return known
        try:
            answer = await answer_of(self._web.conversations_info(channel=channel_id))
        except SfintError as error:
            is_direct = channel_id.startswith("D") or _is_for_few(error)
            if is_direct or code_of(error) in ("channel_not_found", "method_not_supported_for_channel_type"):
                return Place(channel_id, is_joined=False, is_direct=is_direct)
            raise Unreachable(f"Slack does not say what {channel_id} is: {error}") from error
        place = _place(channel_id, answer.get("channel") or {})
        return self._places.keep(channel_id, place) if place.is_joined else place

    def _team(self, user: Mapping[str, Any], claimed: str) -> str:
        """The home team for its members: on an Enterprise Grid one account belongs to several workspaces.

        `claimed` is what the payload says. It counts only where Slack does not say whose the account is.
        """
        if self._home_team in ((user.get("enterprise_user") or {}).get("teams") or ()):
            return self._home_team
        return str(user.get("team_id") or (user.get("profile") or {}).get("team") or claimed)

    def known_actor(self, user_id: str) -> Actor | None:
        """The person, if the answer is still remembered; asks nobody."""
        return self._actors.get(user_id)

    def known_place(self, channel_id: str) -> Place | None:
        """The channel, if the answer is still remembered; asks nobody."""
        return self._places.get(channel_id)


def _actor(user_id: str, team_id: str, user: Mapping[str, Any]) -> Actor:
    return Actor(user_id, team_id, is_guest=any(user.get(trait) for trait in _NOT_FULL_MEMBERS))


def _is_for_few(error: SfintError) -> bool:
    """A group's direct message wants a scope of its own, which the app has no use for."""
    text = str(error)
    return code_of(error) == "missing_scope" and "mpim:read" in text and "channels:read" not in text


def _place(channel_id: str, channel: Mapping[str, Any]) -> Place:
    is_shared = any(channel.get(trait) for trait in _SHARED) or bool(channel.get("pending_shared"))
    is_joined = bool(channel.get("is_member") or channel.get("is_im") or channel.get("is_mpim"))
    is_direct = bool(channel.get("is_im"))
    return Place(channel_id, is_externally_shared=is_shared, is_joined=is_joined, is_direct=is_direct)


class _Memory(Generic[_Known]):
    """Answers that are good for some time; the oldest goes when there are too many."""

    def __init__(self, monotonic: Callable[[], float], seconds: float) -> None:
        self._monotonic = monotonic
        self._seconds = seconds
        self._known: dict[str, tuple[float, _Known]] = {}

    def get(self, key: str) -> _Known | None:
        since, known = self._known.get(key, (0.0, None))
        return known if known is not None and self._monotonic() - since < self._seconds else None

    def keep(self, key: str, known: _Known) -> _Known:
        self._known.pop(key, None)
        self._known[key] = (self._monotonic(), known)
        if len(self._known) > _MOST_REMEMBERED:
            del self._known[next(iter(self._known))]
        return known
