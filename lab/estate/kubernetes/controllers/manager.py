"""Runs the controllers: after every change each looks at the whole small world until nothing is left to do."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Protocol

from lab.estate.kubernetes.store import Change, Store


class Controller(Protocol):
    """One control loop; a pass that finds nothing to do writes nothing."""

    def reconcile(self) -> float | None:
        """Bring the world nearer to its spec; returns real seconds until it must look again, or None."""
        ...


class ControllerManager:
    """Wakes the controllers by the store's changes and by their own timers."""

    def __init__(self, store: Store, controllers: Sequence[Controller]) -> None:
        self._controllers = controllers
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        store.listen(self._on_change)

    def _on_change(self, change: Change) -> None:
        if change.resource.plural != "events":
            self._woken.set()

    def start(self) -> None:
        """Begin to control."""
        self._woken.set()
        self._task = asyncio.create_task(self._run(), name="controller-manager")

    async def stop(self) -> None:
        """Stop; raises what made a controller fail, if one did."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            waits = [controller.reconcile() for controller in self._controllers]
            soonest = min((wait for wait in waits if wait is not None), default=None)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(soonest):
                    await self._woken.wait()
