"""Keeps the logs and events of a workload before it is restarted, within one short deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from bot.domain.errors import NotFound, SfintError
from bot.domain.workload import Container, Kind, Pod, WorkloadRef
from bot.ports.step import StepContext

_TAIL_LINES = 300
_LIMIT_BYTES = 200_000


class CaptureEvidence:
    """Argument: `kind` and `name` of the workload. What cannot be had in time is named in the file."""

    id = "evidence.capture"

    async def is_done(self, context: StepContext) -> bool:
        """Never claimed: the file has one name a run, so repeating it replaces it."""
        return False

    async def run(self, context: StepContext) -> str:
        """Collects for at most `evidence_seconds` in all; evidence never stops a repair."""
        ref = WorkloadRef(Kind(context.word("kind")), context.target.namespace, context.word("name"))
        parts: list[str] = []
        try:
            async with asyncio.timeout(context.target.timings.evidence_seconds):
                await _collect(context, ref, parts)
            note = f"{len(parts)} parts kept"
        except TimeoutError:
            note = f"{len(parts)} parts kept, then the time was over"
        except SfintError as error:
            note = f"{len(parts)} parts kept, then: {error}"
        text = "\n\n".join([f"# Evidence of {ref}: {note}", *parts])
        await context.attach(f"evidence-{ref.name}.txt", f"Evidence of {ref} before the change", text)
        return note


async def _collect(context: StepContext, ref: WorkloadRef, parts: list[str]) -> None:
    async def keep(part: Coroutine[Any, Any, str]) -> None:
        parts.append(await part)  # one by one: at the deadline the ones that came in time are kept

    found = await context.estate.workloads.get(ref)
    pods = await context.estate.cluster.pods(ref.namespace, found.selector)
    async with asyncio.TaskGroup() as group:
        group.create_task(keep(_events(context, ref)))
        for pod in pods:
            for container in pod.containers:
                for previous in (True, False) if container.restarts else (False,):
                    group.create_task(keep(_log(context, pod, container, previous=previous)))


async def _events(context: StepContext, ref: WorkloadRef) -> str:
    try:
        events = await context.estate.cluster.events(ref.namespace, ref.name)
    except SfintError as error:
        return f"## Events\n(could not be read: {error})"
    lines = [f"{event.at or '-'} {event.kind} {event.reason} {event.subject}: {event.message}" for event in events]
    return "\n".join(["## Events", *(lines or ["none"])])


async def _log(context: StepContext, pod: Pod, container: Container, *, previous: bool) -> str:
    which = "previous" if previous else "current"
    title = f"## {pod.name}/{container.name} ({which}, {container.restarts} restarts)"
    try:
        text = await context.estate.cluster.logs(
            context.target.namespace,
            pod.name,
            container.name,
            previous=previous,
            tail_lines=_TAIL_LINES,
            limit_bytes=_LIMIT_BYTES,
        )
    except NotFound:
        text = "(there is none)"
    except SfintError as error:
        text = f"(could not be read: {error})"
    return f"{title}\n{text.rstrip() or '(empty)'}"
