"""Loopback addresses for pods and services, a /24 of its own for each lab on the machine."""

from __future__ import annotations

import random
import socket
from collections import OrderedDict

GUARD_PORT = 26380
POD_HOSTS = range(10, 200)
SERVICE_HOSTS = range(200, 250)


class NoAddressLeft(RuntimeError):
    """No /24 of 127.64.0.0 to 127.120.255.0 is free, or all addresses of ours are in use."""


class Addresses:
    """Hands out addresses; a released one comes back last, as in a cluster, where an IP can return."""

    def __init__(self) -> None:
        self._guard, self.network = _claim_network()
        self._pods = OrderedDict.fromkeys(f"{self.network}.{host}" for host in POD_HOSTS)
        self._services = OrderedDict.fromkeys(f"{self.network}.{host}" for host in SERVICE_HOSTS)

    def pod(self) -> str:
        """An address that no pod has."""
        return _take(self._pods)

    def service(self) -> str:
        """An address that no service has."""
        return _take(self._services)

    def release(self, address: str) -> None:
        """Give it back."""
        host = int(address.rpartition(".")[2])
        (self._pods if host in POD_HOSTS else self._services)[address] = None

    def close(self) -> None:
        """Free the network for other labs."""
        self._guard.close()


def _take(free: OrderedDict[str, None]) -> str:
    if not free:
        raise NoAddressLeft("no loopback address is left in this lab's network")
    return free.popitem(last=False)[0]


def _claim_network() -> tuple[socket.socket, str]:
    """Choose a /24 at random; a bound socket on its .254 tells other labs that it is taken."""
    for _ in range(200):
        network = f"127.{random.randint(64, 120)}.{random.randint(0, 255)}"
        guard = socket.socket()
        try:
            guard.bind((f"{network}.254", GUARD_PORT))
        except OSError:
            guard.close()
            continue
        return guard, network
    raise NoAddressLeft("no free loopback network was found")
