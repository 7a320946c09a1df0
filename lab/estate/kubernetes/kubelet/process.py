"""A real process behind a container: it dies with the lab, and its output becomes log lines."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
from collections.abc import Callable

from lab.estate.kubernetes.kubelet.runtime import Launch

PR_SET_PDEATHSIG = 1
LINE_LIMIT = 1024 * 1024


def _die_with_parent() -> Callable[[], None]:
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def before_exec() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return before_exec


class ContainerProcess:
    """One run of a container."""

    def __init__(self, process: asyncio.subprocess.Process, say: Callable[[str], None]) -> None:
        self._process = process
        self._reader = asyncio.create_task(self._read(say), name="container-output")

    @classmethod
    async def start(cls, launch: Launch, say: Callable[[str], None]) -> ContainerProcess:
        """Start it; OSError when it cannot be."""
        process = await asyncio.create_subprocess_exec(
            *launch.argv,
            env={"PATH": os.environ.get("PATH", "")} | dict(launch.env),
            cwd=launch.cwd,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=LINE_LIMIT,
            start_new_session=True,
            preexec_fn=_die_with_parent(),
        )
        return cls(process, say)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    async def _read(self, say: Callable[[str], None]) -> None:
        assert self._process.stdout
        while line := await self._process.stdout.readline():
            say(line.decode(errors="replace").rstrip("\n"))

    async def wait(self) -> int:
        """Wait for the end and the last line; the exit code, negative for a signal."""
        code = await self._process.wait()
        await self._reader
        return code

    def send(self, number: signal.Signals) -> None:
        """Signal it, if it still runs (by os.kill: Popen's own way could reap it behind asyncio's back)."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def stop(self, grace_seconds: float) -> int:
        """SIGTERM, the grace period, SIGKILL; the exit code."""
        self.send(signal.SIGTERM if grace_seconds > 0 else signal.SIGKILL)
        try:
            async with asyncio.timeout(max(grace_seconds, 0.001)):
                return await self._process.wait()
        except TimeoutError:
            self.send(signal.SIGKILL)
            return await self.wait()
