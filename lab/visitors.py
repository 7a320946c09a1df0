"""The people of an ordinary day: a few chats are always under way, a new one begins, the oldest ends."""

from __future__ import annotations

import asyncio

import aiohttp

from lab.estate.live_agent import ChatSession, LiveAgentStandIn
from lab.estate.middleware_deployment import MiddlewareDeployment

_PATIENCE_SECONDS = 60.0
_DIFFERENT_PEOPLE = 200
_NAME = "Visitor"


class Visitors:
    """Each asks for a person, is attended by an agent, and is sent off when `standing` others have come since.

    Whoever is turned away waits, ever longer, before somebody tries again: a log-in that fails locks its user.
    """

    def __init__(
        self,
        middleware: MiddlewareDeployment,
        live_agent: LiveAgentStandIn,
        *,
        standing: int = 4,
        pace: float = 2.0,
    ) -> None:
        self._middleware, self._live_agent = middleware, live_agent
        self._standing, self._pace = standing, pace
        self._came = 0
        self._coming: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """The first ones come at once. The middleware serves already."""
        self._coming = asyncio.create_task(self._come())

    async def stop(self) -> None:
        """Nobody comes any more."""
        if self._coming is not None:
            self._coming.cancel()
            await asyncio.wait([self._coming])

    def sessions(self) -> list[ChatSession]:
        """Their chats as LiveAgent holds them, the oldest first; not those that are over."""
        sessions = [one for one in self._live_agent.sessions.values() if one.chat and not one.has_ended]
        return [one for one in sessions if str((one.chat or {}).get("visitorName", "")).startswith(_NAME)]

    def heard(self) -> list[ChatSession]:
        """Those whose poll has brought events, the oldest first."""
        return [session for session in self.sessions() if session.sequence]

    async def are_heard(self) -> bool:
        """Whether they are as many as usual."""
        return len(self.heard()) >= self._standing

    async def _come(self) -> None:
        delay = self._pace
        await asyncio.gather(*(self._ask() for _ in range(self._standing)))
        while True:
            await asyncio.sleep(delay)
            delay = self._pace if await self._ask() else min(delay * 2, _PATIENCE_SECONDS)
            for session in self.sessions()[: -self._standing]:
                session.end()

    async def _ask(self) -> bool:
        self._came += 1
        number = self._came % _DIFFERENT_PEOPLE
        phone = f"5213330{number:06d}"
        try:
            status, _ = await self._middleware.connect(
                userID=phone,
                phoneNumber=phone,
                name=f"{_NAME} {number}",
                email=f"visitor{number}@acme.example.com",
            )
        except (aiohttp.ClientError, TimeoutError):
            return False
        return status == 200
