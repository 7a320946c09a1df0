"""Reads the core services of Integrations: their Deployments, their pods, and the recent lines of their logs."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.domain.errors import NotFound, SfintError
from bot.domain.integrations import CoreService, Integrations, LogFigures, ServiceReading, figures
from bot.domain.target import Target
from bot.domain.workload import Kind, Pod, Workload, WorkloadRef
from bot.ports.estate import Estate
from bot.readings.container_logs import container_logs
from bot.readings.same_hours import usual_at_this_hour
from bot.readings.stamped_lines import stamped_lines


async def read_core_services(target: Target, rules: Integrations, estate: Estate) -> tuple[ServiceReading, ...]:
    """All at once. What of one cannot be asked is said in its reading; nothing is raised for it."""
    namespace = rules.namespace or target.namespace
    return tuple(await asyncio.gather(*(_read(namespace, each, rules, estate) for each in rules.services)))


async def _read(namespace: str, service: CoreService, rules: Integrations, estate: Estate) -> ServiceReading:
    reading = ServiceReading(service)
    try:
        workload = await estate.workloads.get(WorkloadRef(Kind.DEPLOYMENT, namespace, service.workload))
        pods = await estate.cluster.pods(namespace, workload.selector)
    except NotFound:
        return replace(reading, problem=f"there is no Deployment {service.workload} in {namespace}")
    except SfintError as error:
        return replace(reading, unread=str(error))
    reading = replace(
        reading,
        pods=f"{workload.available_replicas} of {workload.replicas} pods are available",
        restarts=sum(one.restarts for pod in pods for one in pod.containers),
        problem=_problem(workload, pods),
    )
    try:
        return replace(reading, log=await _log(namespace, service, rules, pods, estate))
    except SfintError as error:
        return replace(reading, unread=str(error))


def _problem(workload: Workload, pods: tuple[Pod, ...]) -> str:
    crashing = [pod.name for pod in pods if pod.crash_loops]
    if crashing:
        return f"crash loop in {', '.join(crashing)}"
    if workload.replicas == 0:
        return "it is scaled to 0"
    return "" if workload.available_replicas else f"0 of {workload.replicas} pods are available"


async def _log(
    namespace: str, service: CoreService, rules: Integrations, pods: tuple[Pod, ...], estate: Estate
) -> LogFigures:
    logs = await container_logs(
        estate.cluster, namespace, pods, service.log_container, since_seconds=rules.seconds, timestamps=True
    )
    lines = [line for log in logs for line in stamped_lines(log.text)]
    # Lines are counted in a thread: patterns are the operator's own, and logs may be long.
    now = estate.clock.now()
    found = await asyncio.to_thread(figures, lines, service, rules, now)
    if service.messages and not found.messages and not found.usual_messages:
        at_this_hour = await usual_at_this_hour(estate.cluster, namespace, pods, service, rules, now)
        found = replace(found, usual_at_this_hour=at_this_hour)
    return replace(found, is_cut=any(log.lacks_newest for log in logs))
