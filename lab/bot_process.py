"""The real bot as a child process: started, killed, frozen, waited for; it dies with the lab."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

_PR_SET_PDEATHSIG = 1
_STOP_SECONDS = 15.0
_WAITING = ("sfint_inbox_pending", "sfint_outbox_unsent")
_HANDED_OVER = ("accepted", "failed")


class BotProcess:
    """`python -m bot --config … run`. `log` is everything that it wrote, over all its lives."""

    def __init__(
        self,
        config: Path,
        environment: Mapping[str, str],
        health_port: int,
        log: Path,
        *,
        module: Sequence[str] = ("-m", "bot"),
    ) -> None:
        self.config = config
        self.environment = dict(environment)
        self.health_port = health_port
        self.log = log
        self._module = tuple(module)
        self._process: asyncio.subprocess.Process | None = None

    @property
    def is_running(self) -> bool:
        """True until it exited."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        """The process id of its present life."""
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Starts it and returns at once."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *self._module,
                "--config",
                str(self.config),
                "run",
                env={"PATH": os.environ.get("PATH", ""), "HOME": str(self.log.parent), **self.environment},
                cwd=self.log.parent,
                stdout=log,
                stderr=log,
                preexec_fn=_die_with_parent,
            )

    async def until_ready(self, timeout_seconds: float = 60.0) -> None:
        """Waits for /readyz. Raises RuntimeError when it exits instead, TimeoutError when it takes too long."""
        async with asyncio.timeout(timeout_seconds), aiohttp.ClientSession() as session:
            while not await self._is_ready(session):
                if not self.is_running:
                    raise RuntimeError(f"the bot exited with {self.exit_code}:\n{self.tail()}")
                await asyncio.sleep(0.05)

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return None if self._process is None else self._process.returncode

    async def exited(self, timeout_seconds: float = 30.0) -> int:
        """Waits for its end; the exit code, negative for a signal."""
        assert self._process is not None
        async with asyncio.timeout(timeout_seconds):
            return await self._process.wait()

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL if that takes too long."""
        if not self.is_running:
            return
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            await self.exited(_STOP_SECONDS)
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """kill -9."""
        if self.is_running:
            self.signal(signal.SIGKILL)
        await self.exited()

    def freeze(self) -> None:
        """SIGSTOP: it stands still and keeps its locks."""
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self.signal(signal.SIGCONT)

    def signal(self, number: signal.Signals) -> None:
        """Sends any signal; one to a process that has just gone is no error."""
        assert self._process is not None
        try:
            self._process.send_signal(number)
        except ProcessLookupError:
            return

    def tail(self, lines: int = 40) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    async def is_at_rest(self) -> bool:
        """Whether every request is answered, every message sent, and every page handed to its provider."""
        url = f"http://127.0.0.1:{self.health_port}/metrics"
        try:
            async with aiohttp.ClientSession() as session, session.get(url) as response:
                families = text_string_to_metric_families(await response.text())
        except aiohttp.ClientError:
            return False
        samples = [sample for family in families for sample in family.samples]
        waiting = [sample.value for sample in samples if sample.name in _WAITING]
        pages = dict.fromkeys(("queued", *_HANDED_OVER), 0.0)
        for sample in samples:
            if sample.name == "sfint_pages_total" and sample.labels["state"] in pages:
                pages[sample.labels["state"]] += sample.value
        handed_over = sum(pages[state] for state in _HANDED_OVER)
        return len(waiting) == len(_WAITING) and not any(waiting) and handed_over >= pages["queued"]

    async def _is_ready(self, session: aiohttp.ClientSession) -> bool:
        try:
            async with session.get(f"http://127.0.0.1:{self.health_port}/readyz") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
