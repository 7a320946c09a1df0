"""One report's reads of the cluster: what several checks want to know is asked once, however many of them ask."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any, Self

from bot.domain.workload import Event, Pod
from bot.ports.cluster import Cluster


class SharedReads:
    """Implements `Cluster` for the length of one `async with`: only checks may use it, for what it says is not
    read again within it. A check that gives up at its deadline takes nothing away from the others.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._asked: dict[object, asyncio.Task[Any]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._asked.values():
            task.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)

    async def pods(self, namespace: str, selector: Mapping[str, str] | None = None) -> tuple[Pod, ...]:
        """See Cluster."""
        key = ("pods", namespace, tuple(sorted((selector or {}).items())))
        found: tuple[Pod, ...] = await self._once(key, lambda: self._cluster.pods(namespace, selector))
        return found

    async def services(self, namespace: str) -> Mapping[str, str]:
        """See Cluster."""
        found: Mapping[str, str] = await self._once(
            ("services", namespace), lambda: self._cluster.services(namespace)
        )
        return found

    async def logs(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        previous: bool = False,
        since_seconds: int | None = None,
        tail_lines: int | None = None,
        limit_bytes: int | None = None,
        timestamps: bool = False,
    ) -> str:
        """See Cluster."""

        def ask() -> Awaitable[str]:
            return self._cluster.logs(
                namespace,
                pod,
                container,
                previous=previous,
                since_seconds=since_seconds,
                tail_lines=tail_lines,
                limit_bytes=limit_bytes,
                timestamps=timestamps,
            )

        limits = (since_seconds, tail_lines, limit_bytes, timestamps)
        text: str = await self._once(("logs", namespace, pod, container, previous, *limits), ask)
        return text

    async def events(self, namespace: str, subject: str) -> tuple[Event, ...]:
        """See Cluster."""
        return await self._cluster.events(namespace, subject)

    async def autoscalers(self, namespace: str, workload: str) -> tuple[str, ...]:
        """See Cluster."""
        return await self._cluster.autoscalers(namespace, workload)

    async def delete_pod(self, namespace: str, name: str, uid: str) -> None:
        """See Cluster; no check does this."""
        await self._cluster.delete_pod(namespace, name, uid)

    async def _once(self, key: object, ask: Callable[[], Awaitable[Any]]) -> Any:
        if key not in self._asked:
            self._asked[key] = asyncio.create_task(_asked(ask))
        return await asyncio.shield(self._asked[key])


async def _asked(ask: Callable[[], Awaitable[Any]]) -> Any:
    return await ask()
