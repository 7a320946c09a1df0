"""Keeps the background loops going, each begun anew where something could not be reached."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from bot.domain.errors import Unreachable

_log = structlog.get_logger(__name__)
_PAUSE_SECONDS = 1.0


class Loops:
    """The background loops. One that cannot reach something, the store for example, begins anew a moment later.

    One that ends in any other way is a defect and stops the bot, which is then restarted.
    """

    def __init__(self, stop: asyncio.Event) -> None:
        self._stop = stop
        self._tasks: set[asyncio.Task[None]] = set()

    def keep(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Starts a loop."""
        task = asyncio.create_task(_again_when_reachable(name, work), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def cancel(self) -> None:
        """Ends all loops."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            _log.critical("a loop ended", loop=task.get_name(), exc_info=task.exception())
            self._stop.set()


async def _again_when_reachable(name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    while True:
        try:
            return await work()
        except Unreachable as error:
            _log.error("a loop begins anew", loop=name, problem=str(error))
            await asyncio.sleep(_PAUSE_SECONDS)
