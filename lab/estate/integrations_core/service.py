"""One service of Integrations Core: takes a message, logs it, hands it on; it runs in the lab's own loop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime

from lab.estate.kubernetes import Container

_MOST_WAITING = 100
FORWARDED = "message forwarded"


class CoreService:
    """What stands behind the pods of one Deployment. `failure` set: no message gets past it, and it says why."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.failure = ""
        self.next: CoreService | None = None
        self.moved = asyncio.Event()
        """Set by each message that gets past it."""
        self._inbox: asyncio.Queue[str] = asyncio.Queue(_MOST_WAITING)

    def take(self, message: str) -> None:
        """A message arrives; the oldest is dropped where too many wait, as with a full queue of the real one."""
        if self._inbox.full():
            self._inbox.get_nowait()
        self._inbox.put_nowait(message)

    async def run(self, container: Container) -> None:
        """A container's work, as long as it lives; several share what arrives."""
        _say(container.say, "info", f"{self.name} started", service=self.name)
        while True:
            message = await self._inbox.get()
            if self.failure:
                words = {"error": self.failure, "service": self.name, "messageID": message}
                _say(container.say, "error", "error forwarding message", **words)
                continue
            self.moved.set()
            _say(container.say, "info", FORWARDED, service=self.name, messageID=message)
            if self.next is not None:
                self.next.take(message)


def _say(say: Callable[[str], None], severity: str, text: str, **fields: str) -> None:
    line = {"msg": text, "severity": severity, "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"} | fields
    say(json.dumps(line, sort_keys=True, separators=(",", ":")))
