"""Redis and its sentinels, pod by pod, as the cache port sees them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager

from redis.exceptions import NoPermissionError, ResponseError

from bot.adapters.redis_answers import info, node_view, pairs, rows, sentinel_view
from bot.adapters.redis_link import Link, Login, Tls, dial_directly, linked, resolved
from bot.adapters.redis_snapshot import save_in_background
from bot.domain.errors import RunStopped, SfintError, Unreachable
from bot.domain.redis_topology import RedisView, SentinelView
from bot.domain.workload import Pod
from bot.ports.dial import Dial

__all__ = ["Login", "RedisCache", "Tls", "dial_directly"]

_NO_ADDRESS = "the pod has no address yet"
_CANARY_SECONDS = 60
_WAIT_MILLISECONDS = 1000


class RedisCache:
    """Implements `bot.ports.cache.Cache`. One call, one connection, one deadline; `dial` is the way to a pod."""

    def __init__(
        self,
        *,
        master_name: str,
        redis_port: int = 6379,
        sentinel_port: int = 26379,
        redis_login: Login | None = None,
        sentinel_login: Login | None = None,
        tls: Tls | None = None,
        deadline_seconds: float = 1.5,
        dial: Dial = dial_directly,
    ) -> None:
        self._master_name = master_name
        self._redis_port = redis_port
        self._sentinel_port = sentinel_port
        self._redis_login = redis_login or Login()
        self._sentinel_login = sentinel_login or Login()
        self._tls = tls
        self._deadline_seconds = deadline_seconds
        self._dial = dial

    async def sentinel(self, pod: Pod) -> SentinelView:
        """MASTER, REPLICAS, SENTINELS and CKQUORUM of the pod's sentinel."""
        if not pod.ip:
            return SentinelView(pod.name, "", problem=_NO_ADDRESS)
        try:
            async with self._sentinel(pod) as link:
                return await self._ask_sentinel(pod, link)
        except SfintError as error:
            return SentinelView(pod.name, pod.ip, problem=str(error))

    async def node(self, pod: Pod) -> RedisView:
        """ROLE, INFO replication, persistence and keyspace, CONFIG GET save and appendonly."""
        if not pod.ip:
            return RedisView(pod.name, "", problem=_NO_ADDRESS)
        try:
            async with self._redis(pod, self._deadline_seconds) as link:
                return await _ask_node(pod, link)
        except SfintError as error:
            return RedisView(pod.name, pod.ip, problem=str(error), loading="LOADING" in str(error))

    async def greet_redis(self, pod: Pod) -> str:
        """PING, then ROLE; implements `bot.ports.cache.Greeter`. An empty role where ROLE is not allowed."""
        if not pod.ip:
            raise Unreachable(_NO_ADDRESS)
        async with self._redis(pod, self._deadline_seconds) as link:
            await link.ask("PING")
            return await _role(link) or "its role is not told"

    async def greet_sentinel(self, pod: Pod) -> str:
        """PING, then the master's address and port as this sentinel has it; NotFound for another name."""
        if not pod.ip:
            raise Unreachable(_NO_ADDRESS)
        async with self._sentinel(pod) as link:
            await link.ask("PING")
            master = pairs(await link.ask("SENTINEL", "MASTER", self._master_name))
            return f"{master.get('ip', '')}:{master.get('port', '')}"

    async def snapshot(self, pod: Pod, deadline_seconds: float) -> int:
        """BGSAVE, then waits for an ok status and a newer LASTSAVE; returns that LASTSAVE (Unix seconds)."""
        # The block's deadline is the later one: `save_in_background` has its own, with better words.
        async with self._redis(pod, deadline_seconds + self._deadline_seconds) as link:
            return await save_in_background(link, pod.name, deadline_seconds)

    async def canary(self, master: Pod, replicas: Sequence[Pod], key: str, value: str) -> int:
        """SET with a TTL, WAIT for all replicas, GET on each, DEL; returns the replicas that had it."""
        patience = self._deadline_seconds + _WAIT_MILLISECONDS / 1000
        async with self._redis(master, patience * 2) as link:
            try:
                await link.ask("SET", key, value, "EX", _CANARY_SECONDS)
                await link.ask("WAIT", len(replicas), _WAIT_MILLISECONDS)
            except NoPermissionError:
                raise
            except ResponseError as error:
                raise RunStopped(f"{master.name} does not take writes: {error}") from error
            try:
                had = await asyncio.gather(*(self._has(pod, key, value) for pod in replicas))
            finally:
                await link.ask("DEL", key)
        return sum(had)

    async def _has(self, pod: Pod, key: str, value: str) -> bool:
        async with self._redis(pod, self._deadline_seconds) as link:
            return bool(await link.ask("GET", key) == value)

    def _redis(self, pod: Pod, deadline_seconds: float) -> AbstractAsyncContextManager[Link]:
        return linked(self._dial, pod, self._redis_port, self._redis_login, self._tls, deadline_seconds)

    def _sentinel(self, pod: Pod) -> AbstractAsyncContextManager[Link]:
        login, seconds = self._sentinel_login, self._deadline_seconds
        return linked(self._dial, pod, self._sentinel_port, login, self._tls, seconds)

    async def _ask_sentinel(self, pod: Pod, link: Link) -> SentinelView:
        name = self._master_name
        master = pairs(await link.ask("SENTINEL", "MASTER", name))
        replicas = rows(await link.ask("SENTINEL", "REPLICAS", name))
        others = rows(await link.ask("SENTINEL", "SENTINELS", name))
        quorum = await _quorum(link, name)
        addresses = await _addresses(row.get("ip", "") for row in (master, *replicas))
        return sentinel_view(pod, master, replicas, others, quorum, addresses)


async def _ask_node(pod: Pod, link: Link) -> RedisView:
    role = await _role(link)
    # One section a call: several at once came with Redis 7.
    sections = [await link.ask("INFO", section) for section in ("replication", "persistence", "keyspace")]
    facts = info("\n".join(sections))
    config = await _config(link)
    master = facts.get("master_host", "")
    return node_view(pod, role, facts, config, await resolved(master) if master else "")


async def _role(link: Link) -> str:
    try:
        reply = await link.ask("ROLE")
    except NoPermissionError:
        return ""
    if not isinstance(reply, list) or not reply:
        raise TypeError(f"ROLE answered {reply!r}")
    return str(reply[0])


async def _config(link: Link) -> dict[str, str] | None:
    """None where CONFIG is renamed (managed Redis) or not allowed."""
    try:
        return {
            **pairs(await link.ask("CONFIG", "GET", "save")),
            **pairs(await link.ask("CONFIG", "GET", "appendonly")),
        }
    except ResponseError:
        return None


async def _quorum(link: Link, name: str) -> tuple[bool, str]:
    try:
        answer = str(await link.ask("SENTINEL", "CKQUORUM", name))
    except ResponseError as error:
        return False, str(error)
    return answer.startswith("OK"), answer


async def _addresses(hosts: Iterable[str]) -> dict[str, str]:
    names = sorted({host for host in hosts if host})
    return dict(zip(names, await asyncio.gather(*(resolved(name) for name in names)), strict=True))
