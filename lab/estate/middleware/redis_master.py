"""The Redis client with the fault that the runbook is about: it keeps the master's address until Sentinel
says +switch-master, and when that message is missed it dials the dead address for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from lab.estate.middleware import go, log

_DIAL_SECONDS = 1.0
_RESUBSCRIBE_SECONDS = 0.5


class RedisFailure(Exception):
    """A command failed; the text is go-redis' own."""


class RedisMaster:
    """Found once through Sentinel, then followed by +switch-master alone."""

    def __init__(self, sentinels: tuple[str, ...], master: str, address: str, password: str) -> None:
        self._sentinels, self._master, self._password = sentinels, master, password
        self.address = address
        self._client: Redis | None = None
        self._follower: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Resolve, ping, subscribe. Raises RedisFailure when there is no master to be had."""
        if self._sentinels:
            sentinel, self.address = await self._resolve()
            self._follower = asyncio.create_task(self._follow(sentinel))
        self._client = _client(self.address, self._password)
        async with self.commands() as redis:
            await redis.ping()

    async def close(self) -> None:
        """Stop following and hang up."""
        if self._follower is not None:
            self._follower.cancel()
            await asyncio.wait([self._follower])
        if self._client is not None:
            await self._client.aclose()

    @asynccontextmanager
    async def commands(self) -> AsyncIterator[Redis]:
        """The client at the address believed in; errors come out as RedisFailure."""
        assert self._client is not None
        address = self.address
        try:
            yield self._client
        except RedisError as error:
            raise RedisFailure(_go_text(error, address)) from error

    async def _resolve(self) -> tuple[str, str]:
        """The first sentinel that answers, and the master it names."""
        failures = []
        for sentinel in self._sentinels:
            client = _client(sentinel)
            try:
                found = await client.sentinel_get_master_addr_by_name(self._master)
            except RedisError as error:
                failures.append(_go_text(error, sentinel))
                continue
            finally:
                await client.aclose()
            if isinstance(found, tuple):
                return sentinel, f"{found[0]!s}:{found[1]}"
            failures.append("redis: nil")
        log.error("Sentinel: GetMasterAddrByName failed", master=self._master, error=go.value(failures))
        raise RedisFailure("redis: all sentinels specified in configuration are unreachable")

    async def _follow(self, sentinel: str) -> None:
        """Listen at the sentinel that answered first, and only there, as go-redis does."""
        while True:
            client = _client(sentinel)
            try:
                async with client.pubsub() as subscription:
                    await subscription.subscribe("+switch-master")
                    async for message in subscription.listen():
                        if message["type"] == "message":
                            await self._switch(str(message["data"]).split())
            except RedisError as error:
                log.info("Sentinel: subscription lost", error=_go_text(error, sentinel))
            finally:
                await client.aclose()
            await asyncio.sleep(_RESUBSCRIBE_SECONDS)

    async def _switch(self, message: list[str]) -> None:
        """`<name> <old ip> <old port> <new ip> <new port>`"""
        if len(message) != 5 or message[0] != self._master:
            return
        stale, self.address = self._client, f"{message[3]}:{message[4]}"
        self._client = _client(self.address, self._password)
        log.info(f"sentinel: new master={self._master} addr={self.address}")
        if stale is not None:
            await stale.aclose()


def _client(address: str, password: str = "") -> Redis:
    host, _, port = address.rpartition(":")
    return Redis(
        host=host,
        port=int(port),
        password=password or None,
        socket_connect_timeout=_DIAL_SECONDS,
        decode_responses=True,
        retry=Retry(NoBackoff(), 0),
    )


def _go_text(error: RedisError, address: str) -> str:
    if isinstance(error, RedisTimeoutError):
        return f"dial tcp {address}: i/o timeout"
    if isinstance(error, RedisConnectionError):
        cause = error.__cause__ or error.__context__
        return go.dial_error(cause, address) if isinstance(cause, OSError) else "EOF"
    if isinstance(error, ResponseError):
        return str(error)
    return f"redis: {error}"
