"""Asking the hosts of Salesforce's live chat, the legacy one and its successor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.domain.live_chat import Availability, ChatAnswer, SessionProof


class LiveAgent(Protocol):
    """The legacy chat (LiveAgent). Never raises for what the host answers: the verdict says what it was."""

    async def open_session(self) -> SessionProof:
        """`GET System/SessionId`, then its DELETE: also when the caller is cancelled in between."""

    async def availability(self, buttons: Sequence[str]) -> Availability:
        """`GET Visitor/Availability` for buttons by their 15-character ids."""


class EnhancedChat(Protocol):
    """Messaging for In-App and Web. Never raises for what the host answers."""

    async def access_token(self) -> ChatAnswer:
        """Asks for a visitor's token as a chat window does, and forgets it: no conversation is begun."""
