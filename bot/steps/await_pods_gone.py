"""Waits until no pod object of the workload is left, deleting stuck ones one by one, never by force."""

from __future__ import annotations

from bot.domain.errors import RunStopped
from bot.domain.patience import until
from bot.domain.workload import Pod
from bot.ports.step import StepContext
from bot.readings.observe_redis import read_redis_pods

_STALL_SHARE = 0.1
"""A tenth of the deadline without any change counts as stalled: OrderedReady waits for an unready pod for ever."""


class AwaitPodsGone:
    """At zero a rollout status passes trivially, so the pods themselves are counted."""

    id = "statefulset.await-gone"

    async def is_done(self, context: StepContext) -> bool:
        """True when the spec wants none and no pod is left."""
        return await _pods_if_wanted_zero(context) == ()

    async def run(self, context: StepContext) -> str:
        """Waits; raises RunStopped when pods remain at the deadline or somebody scaled up meanwhile."""
        watcher = _StallWatcher(context)
        clock = context.estate.clock
        gone = await until(
            watcher.look,
            seconds=context.target.timings.gone_seconds,
            monotonic=clock.monotonic,
            sleep=clock.sleep,
        )
        if gone is None:
            raise RunStopped(f"pods are still there: {', '.join(sorted(watcher.names))}")
        return f"no pod left{watcher.told()}"


async def _pods_if_wanted_zero(context: StepContext) -> tuple[Pod, ...] | None:
    found, pods = await read_redis_pods(context.workload, context.estate)
    return pods if found.replicas == 0 else None


class _StallWatcher:
    def __init__(self, context: StepContext) -> None:
        self._context = context
        self._changed_at = context.estate.clock.monotonic()
        self._deleted: list[str] = []
        self.names: frozenset[str] = frozenset()

    async def look(self) -> bool | None:
        pods = await _pods_if_wanted_zero(self._context)
        if pods is None:
            raise RunStopped(f"somebody scaled {self._context.workload} up while its pods were going")
        if not pods:
            return True
        now = self._context.estate.clock.monotonic()
        names = frozenset(pod.uid for pod in pods if not pod.is_deleting)
        if names != self.names:
            self.names, self._changed_at = names, now
        elif now - self._changed_at > self._context.target.timings.gone_seconds * _STALL_SHARE:
            await self._delete_one(pods)
            self._changed_at = now
        return None

    async def _delete_one(self, pods: tuple[Pod, ...]) -> None:
        stuck = [pod for pod in pods if not pod.is_ready and not pod.is_deleting]
        if not stuck:
            return
        pod = max(stuck, key=lambda candidate: candidate.ordinal)
        await self._context.estate.cluster.delete_pod(self._context.workload.namespace, pod.name, pod.uid)
        self._deleted.append(pod.name)

    def told(self) -> str:
        return f"; deleted the stuck {', '.join(self._deleted)}" if self._deleted else ""
