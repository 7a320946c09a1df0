"""Builds observations of Redis for the tests: a healthy one, and the ways to break it."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.redis_topology import PeerReplica, RedisObservation, RedisView, SentinelView
from bot.domain.workload import Container, Pod

NAMES = ("node-0", "node-1", "node-2")
ADDRESSES = ("10.0.0.1", "10.0.0.2", "10.0.0.3")
MASTER, DEAD = ADDRESSES[0], "10.0.0.99"


def pod(number: int) -> Pod:
    """A ready pod with both containers."""
    containers = tuple(Container(name, is_ready=True, restarts=0) for name in ("redis", "sentinel"))
    return Pod(NAMES[number], f"uid-{number}", ADDRESSES[number], "Running", True, False, containers, {})


def crashing(one: Pod, container: str = "redis") -> Pod:
    """The pod with one container held back."""
    broken = Container(container, is_ready=False, restarts=412, waiting_reason="CrashLoopBackOff")
    containers = tuple(broken if each.name == container else each for each in one.containers)
    return replace(one, is_ready=False, containers=containers)


def sentinel(number: int, master: str = MASTER, **changes: object) -> SentinelView:
    """A sentinel that holds `master` and knows two replicas and two others."""
    others = [address for address in ADDRESSES if address != master][:2]
    view = SentinelView(
        pod=NAMES[number],
        ip=ADDRESSES[number],
        master_ip=master,
        master_port=6379,
        flags=frozenset({"master"}),
        replicas_known=2,
        sentinels_known=2,
        quorum=2,
        has_quorum=True,
        quorum_answer="OK 3 usable Sentinels",
        replicas=tuple(PeerReplica(address, 6379, frozenset({"slave"}), "ok") for address in others),
    )
    return replace(view, **changes)  # type: ignore[arg-type]  # test data by name


def master(number: int, **changes: object) -> RedisView:
    """A Redis that is master of two."""
    view = RedisView(NAMES[number], ADDRESSES[number], role="master", connected_replicas=2, offset=100)
    return replace(view, **changes)  # type: ignore[arg-type]  # test data by name


def replica(number: int, of: str = MASTER, *, linked: bool = True) -> RedisView:
    """A Redis that follows `of`."""
    return RedisView(
        NAMES[number], ADDRESSES[number], role="slave", master_host=of, master_link_up=linked, offset=100
    )


def silent_sentinel(number: int) -> SentinelView:
    """One that could not be asked."""
    return SentinelView(NAMES[number], ADDRESSES[number], problem="cannot be reached: Connection refused")


def silent_node(number: int) -> RedisView:
    """One that could not be asked."""
    return RedisView(NAMES[number], ADDRESSES[number], problem="cannot be reached: Connection refused")


def observed(**changes: object) -> RedisObservation:
    """A healthy Redis of three, with what a test changes about it."""
    healthy = RedisObservation(
        desired_replicas=3,
        default_replicas=3,
        is_ours=False,
        pods=tuple(pod(number) for number in range(3)),
        sentinels=tuple(sentinel(number) for number in range(3)),
        nodes=(master(0), replica(1), replica(2)),
        services={"10.96.0.7": "redis-sentinel"},
        pod_addresses=frozenset(ADDRESSES) | {"10.0.0.50"},
    )
    return replace(healthy, **changes)  # type: ignore[arg-type]  # test data by name
