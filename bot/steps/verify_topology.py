"""Proves on every sentinel that they agree on one live master with all its replicas."""

from __future__ import annotations

from bot.domain.errors import RunStopped
from bot.domain.patience import until
from bot.domain.redis_topology import RedisObservation, SentinelView
from bot.ports.step import StepContext
from bot.readings.observe_redis import observe_redis


class VerifyTopology:
    """Stricter than the diagnosis: flags exactly `master`, N-1 replicas and sentinels known, all links up."""

    id = "redis.verify-topology"

    async def is_done(self, context: StepContext) -> bool:
        """Never claimed: asking again is the proof."""
        return False

    async def run(self, context: StepContext) -> str:
        """Waits until all is right; raises RunStopped with what is not."""
        missing: tuple[str, ...] = ()

        async def look() -> str | None:
            nonlocal missing
            observed = await observe_redis(context.target, context.estate, with_logs=False)
            missing = shortcomings(observed)
            return None if missing else _proof(observed)

        clock = context.estate.clock
        proof = await until(
            look,
            seconds=context.target.timings.verify_seconds,
            monotonic=clock.monotonic,
            sleep=clock.sleep,
        )
        if proof is None:
            raise RunStopped(f"not verified: {'; '.join(missing[:4])}")
        return proof


def shortcomings(observed: RedisObservation) -> tuple[str, ...]:
    """What is not as it must be after a repair; empty when every sentinel and every Redis is right."""
    wanted = observed.desired_replicas
    masters = [view for view in observed.nodes if view.role == "master"]
    found = []
    if len(observed.pods) != wanted or any(not pod.is_ready for pod in observed.pods):
        found.append(f"{sum(pod.is_ready for pod in observed.pods)} of {wanted} pods are ready")
    if len(masters) != 1:
        found.append(f"{len(masters)} masters instead of one")
    found += [f"{view.pod}: {view.problem}" for view in observed.nodes if view.problem]
    found += [f"sentinel {view.pod}: {view.problem}" for view in observed.sentinels if view.problem]
    found += [
        f"{view.pod}: its link to the master is down"
        for view in observed.nodes
        if view.role == "slave" and not view.master_link_up
    ]
    master_ip = masters[0].ip if len(masters) == 1 else ""
    for sentinel in observed.sentinels:
        found += _sentinel_shortcomings(sentinel, master_ip, wanted)
    if len(observed.sentinels) != wanted:
        found.append(f"{len(observed.sentinels)} of {wanted} sentinels answered")
    return tuple(found)


def _sentinel_shortcomings(sentinel: SentinelView, master_ip: str, wanted: int) -> list[str]:
    checks = (
        (sentinel.master_ip != master_ip, f"holds {sentinel.master_ip or 'no master'}"),
        (sentinel.flags != frozenset({"master"}), f"flags {','.join(sorted(sentinel.flags)) or 'none'}"),
        (sentinel.replicas_known != wanted - 1, f"knows {sentinel.replicas_known} replicas"),
        (sentinel.sentinels_known != wanted - 1, f"knows {sentinel.sentinels_known} other sentinels"),
        (not sentinel.has_quorum, f"CKQUORUM: {sentinel.quorum_answer or 'no answer'}"),
    )
    return [f"sentinel {sentinel.pod} {words}" for wrong, words in checks if wrong and not sentinel.problem]


def _proof(observed: RedisObservation) -> str:
    master = next(view for view in observed.nodes if view.role == "master")
    return (
        f"{len(observed.sentinels)} sentinels agree on {master.pod} at {master.ip};"
        f" {len(observed.nodes) - 1} replicas linked; quorum OK"
    )
