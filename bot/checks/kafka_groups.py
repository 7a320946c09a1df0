"""Does somebody consume the expected topics, and how far behind?"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from bot.checks.registry import check
from bot.domain.errors import AccessDenied, NotFound, SfintError, Unreachable
from bot.domain.finding import Finding, Outcome
from bot.domain.judged import Judged, finding_of
from bot.domain.kafka import Kafka, access_request
from bot.domain.kafka_groups import GroupState, GroupView, judge_lag, judge_presence
from bot.domain.patience import until
from bot.domain.target import Target
from bot.domain.workload import Kind, WorkloadRef
from bot.ports.estate import Estate
from bot.ports.stream import Stream
from bot.readings.stream_errors import read_stream_errors

_NAME, _COMPONENT = "kafka-groups", "kafka"
_CODES = (
    "kafka-groups.ok",
    "kafka-groups.unknown",
    "kafka.access-denied",
    "kafka.group-empty",
    "kafka.group-rebalancing",
    "kafka.group-lag",
    "kafka.lag-unknown",
)
_PATIENCE, _LOG_SHARE = 0.3, 0.3
"""Shares of the check's time: for a group to settle, and for the log that may say why nobody consumes."""
_Presence = GroupView | AccessDenied


def _has_groups(target: Target, estate: Estate) -> bool:
    return target.kafka is not None and bool(target.kafka.readers) and estate.stream is not None


@check(_NAME, component=_COMPONENT, codes=_CODES, applies=_has_groups)
async def kafka_groups(target: Target, estate: Estate) -> Finding:
    """Asks for each expected group's members and its lag (latest offset less the committed one).

    A group that never committed has an unknown lag, not none. A group of the middleware without members is a
    symptom while the middleware itself is not up.
    """
    kafka, stream = target.kafka, estate.stream
    if kafka is None or stream is None:
        raise Unreachable("no Kafka is configured")
    names = list(dict.fromkeys(group for group, _ in kafka.readers))
    settled = await asyncio.gather(*(_settled(target, estate, stream, name) for name in names))
    groups = dict(zip(names, settled, strict=True))
    excuse = await _excuse(kafka, target, estate) if any(_lacks_members(group) for group in settled) else ""
    judged = await asyncio.gather(
        *(_judged(kafka, stream, groups, group, topic, excuse) for group, topic in kafka.readers)
    )
    who = "the group consumes" if len(names) == 1 else f"all {len(names)} groups consume"
    well = f"{who}, with a lag below {kafka.lag.degraded} messages"
    advice = {"kafka.access-denied": access_request(kafka)}
    finding = finding_of(_NAME, _COMPONENT, "Kafka", judged, well, advice)
    return await _with_log(target, estate, finding)


async def _settled(target: Target, estate: Estate, stream: Stream, name: str) -> _Presence:
    """The group; while it rebalances or is empty it is asked again for a moment, as both pass by themselves."""
    seen = GroupView(name, GroupState.UNKNOWN)

    async def ask() -> GroupView | None:
        nonlocal seen
        seen = await stream.group(name)
        return seen if seen.state is GroupState.STABLE else None

    try:
        await until(
            ask,
            seconds=target.timings.check_seconds * _PATIENCE,
            monotonic=estate.clock.monotonic,
            sleep=estate.clock.sleep,
            pace_seconds=0.2,
        )
    except AccessDenied as refusal:
        return refusal
    return seen


def _lacks_members(group: _Presence) -> bool:
    return isinstance(group, GroupView) and group.state.has_nobody


async def _judged(
    kafka: Kafka, stream: Stream, groups: Mapping[str, _Presence], name: str, topic: str, excuse: str
) -> Judged:
    group = groups[name]
    if isinstance(group, AccessDenied):
        return Judged(Outcome.UNKNOWN, "kafka.access-denied", f"{name}: {group}")
    is_ours = name.startswith(f"{kafka.service}-")
    absent = judge_presence(group, excuse=excuse if is_ours else "")
    if absent is not None and group.state is not GroupState.REBALANCING:
        return absent
    try:
        lag = judge_lag(group, topic, await stream.progress(name, topic), kafka.lag)
    except AccessDenied as refusal:
        lag = Judged(Outcome.UNKNOWN, "kafka.access-denied", f"{name}: {refusal}")
    except NotFound:
        lag = Judged(Outcome.UNKNOWN, "kafka.lag-unknown", f"{name}: lag unknown, there is no topic {topic}")
    worse_first = sorted((each for each in (absent, lag) if each), key=lambda each: each.outcome.severity)
    return worse_first[0]


async def _excuse(kafka: Kafka, target: Target, estate: Estate) -> str:
    """What about the middleware explains that nobody consumes; empty where nothing does, or nobody knows."""
    name = target.middleware.deployment
    try:
        workload = await estate.workloads.get(WorkloadRef(Kind.DEPLOYMENT, target.namespace, name))
        pods = await estate.cluster.pods(target.namespace, workload.selector)
    except NotFound:
        return f"there is no Deployment {name}"
    except SfintError:
        return ""
    if workload.replicas == 0:
        return f"{name} is scaled to 0"
    if workload.available_replicas < workload.replicas:
        return f"{workload.available_replicas} of {workload.replicas} pods of {name} are available"
    now = estate.clock.now()
    ages = [(now - pod.created_at).total_seconds() for pod in pods if pod.created_at and not pod.is_deleting]
    return f"{name} has just started" if ages and min(ages) < kafka.settling_seconds else ""


async def _with_log(target: Target, estate: Estate, finding: Finding) -> Finding:
    """What the middleware says of its reading, where nobody reads."""
    if finding.code != "kafka.group-empty" or finding.outcome is not Outcome.FAILING:
        return finding
    log = await read_stream_errors(target, estate, seconds=target.timings.check_seconds * _LOG_SHARE)
    return replace(finding, evidence=(*log.lines, *finding.evidence))
