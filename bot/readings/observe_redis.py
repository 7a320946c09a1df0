"""Reads all that a verdict on Redis needs at one moment: Kubernetes, sentinels, every Redis, the log."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.domain.errors import SfintError
from bot.domain.fence import unfinished_run
from bot.domain.redis_topology import PeerReplica, RedisObservation, RedisView, SentinelView
from bot.domain.target import Target
from bot.domain.workload import Kind, Pod, Workload, WorkloadRef
from bot.ports.estate import Estate
from bot.readings.dial_errors import read_dial_errors

_LOG_SHARE = 0.75
"""Of a check's time: a slow log must not take the verdict with it."""


async def observe_redis(target: Target, estate: Estate, *, with_logs: bool = True) -> RedisObservation:
    """One reading. Raises what Kubernetes raises; a silent Redis or sentinel, or an unreadable log, is noted."""
    ref = WorkloadRef(Kind.STATEFULSET, target.namespace, target.redis.statefulset)
    asked = asyncio.gather(
        estate.workloads.get(ref),
        estate.cluster.pods(target.namespace),
        estate.cluster.services(target.namespace),
        _dialled(target, estate, with_logs=with_logs),
    )
    workload, everything, services, (dialled, log_problem) = await asked
    pods = redis_pods_of(workload, everything)
    sentinels, nodes = await asyncio.gather(
        asyncio.gather(*(estate.cache.sentinel(pod) for pod in pods)),
        asyncio.gather(*(estate.cache.node(pod) for pod in pods)),
    )
    addresses = {pod.name: pod.ip for pod in pods if pod.ip}
    return RedisObservation(
        desired_replicas=workload.replicas,
        default_replicas=target.redis.replicas,
        is_ours=bool(unfinished_run(workload.annotations)),
        pods=pods,
        sentinels=tuple(_named(view, addresses) for view in sentinels),
        nodes=tuple(_followed(view, addresses) for view in nodes),
        services=services,
        dialled_addresses=dialled,
        pod_addresses=frozenset(pod.ip for pod in everything if pod.ip),
        log_problem=log_problem,
    )


async def read_redis_pods(ref: WorkloadRef, estate: Estate) -> tuple[Workload, tuple[Pod, ...]]:
    """The StatefulSet and its pods, without what the addresses and the log say. Raises what Kubernetes raises."""
    workload = await estate.workloads.get(ref)
    return workload, redis_pods_of(workload, await estate.cluster.pods(ref.namespace, workload.selector))


def redis_pods_of(workload: Workload, pods: Sequence[Pod]) -> tuple[Pod, ...]:
    """The pods of the StatefulSet, in order of their numbers: its labels and its name must both fit."""
    stem = f"{workload.ref.name}-"
    mine = (
        pod
        for pod in pods
        if pod.name.startswith(stem)
        and pod.name.removeprefix(stem).isdigit()
        and workload.selector.items() <= pod.labels.items()
    )
    return tuple(sorted(mine, key=lambda pod: pod.ordinal))


async def _dialled(target: Target, estate: Estate, *, with_logs: bool) -> tuple[frozenset[str], str]:
    if not with_logs:
        return frozenset(), ""
    patience = target.timings.check_seconds * _LOG_SHARE
    try:
        async with asyncio.timeout(patience):
            return await read_dial_errors(target, estate), ""
    except TimeoutError:
        return frozenset(), f"no answer within {patience:g} s"
    except SfintError as error:
        return frozenset(), str(error)


def _named(view: SentinelView, addresses: Mapping[str, str]) -> SentinelView:
    replicas = tuple(_listed(replica, addresses) for replica in view.replicas)
    return replace(view, master_ip=_address(view.master_ip, addresses), replicas=replicas)


def _listed(replica: PeerReplica, addresses: Mapping[str, str]) -> PeerReplica:
    return replace(replica, ip=_address(replica.ip, addresses))


def _followed(view: RedisView, addresses: Mapping[str, str]) -> RedisView:
    return replace(view, master_host=_address(view.master_host, addresses))


def _address(host: str, addresses: Mapping[str, str]) -> str:
    """A pod's DNS name (`node-0.headless.ns.svc…`) that did not resolve from here: its first label is the pod."""
    return addresses.get(host.partition(".")[0], host)
