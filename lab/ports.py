"""Ports of loopback that stay ours until this process ends."""

from __future__ import annotations

import random
import socket
from pathlib import Path

_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST = 10_000
_TRIES = 200


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on and nobody else is given while this process lives.

    The kernel never takes it for the near end of a connection either, as it would a port that was found by
    binding 0: so a server may be stopped and started on it again. Raises OSError when none is found.
    """
    lowest_ephemeral = int(_EPHEMERAL.read_text().split()[0])
    for _ in range(_TRIES):
        port = random.randrange(_LOWEST, lowest_ephemeral)
        if _reserve(port) and _can_listen(host, port):
            return port
    raise OSError(f"no free port of {host} was found from {_LOWEST} to {lowest_ephemeral}")


def _reserve(port: int) -> bool:
    """An abstract socket, left open, is a lock that the kernel takes back when its process ends."""
    mark = socket.socket(socket.AF_UNIX)
    try:
        mark.bind(f"\0sfint-lab-port-{port}")
    except OSError:
        mark.close()
        return False
    mark.detach()
    return True


def _can_listen(host: str, port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
