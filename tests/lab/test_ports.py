"""Ports that stay free until their owner listens on them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from lab import ports
from lab.ports import free_port

_IS_ANY_FREE = (
    "import sys; from lab import ports; print(any([ports._reserve(int(port)) for port in sys.argv[1:]]))"
)


def test_the_kernel_gives_none_of_them_to_a_connection() -> None:
    """Which would hold it when a stopped server wants to come back."""
    lowest_ephemeral = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])

    assert all(1024 < free_port() < lowest_ephemeral for _ in range(50))


def test_none_is_given_twice() -> None:
    """Nor to another process on this machine."""
    given = {free_port() for _ in range(50)}
    other = subprocess.run(
        [sys.executable, "-c", _IS_ANY_FREE, *map(str, given)],
        cwd=Path(ports.__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )

    assert len(given) == 50
    assert other.stdout.strip() == "False"
