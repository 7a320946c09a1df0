"""Who a user id is and what a channel is, as the chat knows them."""

from __future__ import annotations

from typing import Protocol

from bot.domain.actor import Actor, Place


class Directory(Protocol):
    """Answers are remembered for some minutes; raises Unreachable (callers then deny)."""

    async def actor(self, user_id: str, team_id: str) -> Actor:
        """The person; an unknown one is a guest."""

    async def place(self, channel_id: str) -> Place:
        """The channel; one that cannot be read is not joined."""

    def known_actor(self, user_id: str) -> Actor | None:
        """The person, if the answer is still remembered; asks nobody."""

    def known_place(self, channel_id: str) -> Place | None:
        """The channel, if the answer is still remembered; asks nobody."""
