"""Asking Redis and its sentinels, pod by pod."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.domain.redis_topology import RedisView, SentinelView
from bot.domain.workload import Pod


class Greeter(Protocol):
    """The least that can be asked of a peer; proves address, port, TLS and password, and raises what is wrong."""

    async def greet_redis(self, pod: Pod) -> str:
        """PING, then ROLE; the role."""

    async def greet_sentinel(self, pod: Pod) -> str:
        """PING, then the address of the master of the configured name."""


class Cache(Protocol):
    """Reads never raise for a peer that does not answer: the view's `problem` says so."""

    async def sentinel(self, pod: Pod) -> SentinelView:
        """MASTER, REPLICAS, SENTINELS and CKQUORUM of the pod's sentinel."""

    async def node(self, pod: Pod) -> RedisView:
        """ROLE, INFO replication, persistence and keyspace, CONFIG GET save and appendonly."""

    async def snapshot(self, pod: Pod, deadline_seconds: float) -> int:
        """BGSAVE, then waits for an ok status and a newer LASTSAVE; returns that LASTSAVE.

        Raises Unreachable, AccessDenied, or RunStopped when it did not come in time or failed.
        """

    async def canary(self, master: Pod, replicas: Sequence[Pod], key: str, value: str) -> int:
        """SET with a TTL, WAIT for all replicas (1000 ms), GET on each, DEL; returns the replicas that had it.

        Raises Unreachable, AccessDenied or RunStopped.
        """
