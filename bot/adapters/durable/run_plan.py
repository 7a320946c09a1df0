"""The one workflow: it interprets the step list recorded in the plan, and always brings back what it took down."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

import structlog
from dbos import DBOS, SetEnqueueOptions, SetWorkflowID, StepOptions

from bot.adapters.durable.recorded import Raw, RecordedScript, calls_of
from bot.domain.codec import decode_request
from bot.domain.remediation import CHANGING_STEPS
from bot.domain.run import RunRequest, RunState, StepState
from bot.ports.clock import Clock

_log = structlog.get_logger(__name__)
QUEUE = "mutations"
DECISIONS = "decision"
_RESTORE_PAUSES_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0)
_LOOKS_AFTER_RESTORING = 3
_RETRIED: StepOptions = {"retries_allowed": True, "max_attempts": 6, "interval_seconds": 0.5, "backoff_rate": 2.0}
"""For the steps that only keep our own books: about 15 s of trouble with the disk are sat out."""


class Observer(Protocol):
    """Told of every recorded step: `before` it, when it has `acted` but is not recorded, and `after`.

    Used for logs, and by tests that kill the process there.
    """

    def __call__(self, run_id: str, step: str, moment: str) -> None: ...


class PlanRunner:
    """The body of the workflow, with everything it needs; stateless but for that."""

    def __init__(self, script: RecordedScript, clock: Clock, observe: Observer) -> None:
        self._script = script
        self._clock = clock
        self._observe = observe
        self.enqueue: Callable[[str, Raw, Raw], Awaitable[Any]] | None = None

    async def approve_then_change(self, raw: Raw) -> Raw:
        """Stage `approve`, outside the lock: card, gate, then the changing part, its conclusion and the watch."""
        request, script = decode_request(raw), self._script
        await self._step(request, "announce", script.announce, raw, options=_RETRIED)
        left = await self._step(request, "time-left", script.time_left, raw)
        message = await DBOS.recv_async(DECISIONS, timeout_seconds=max(float(left["seconds"]), 0.0))
        settled = await self._step(request, "settle", script.settle, raw, message, options=_RETRIED)
        if not settled["allowed"]:
            return {"state": settled["reason"]}
        try:
            ending = await self._under_lock("change", "mutate", request, raw, settled["decision"])
        except Exception as error:  # noqa: BLE001  whatever broke the changing part, its work is not left half done
            _log.error("the changing part broke off", run_id=request.run_id, problem=script.words(error))
            ending = await self._under_lock("bring-back", "bring-back", request, raw, {})
        await self._step(request, "conclude", script.conclude, raw, ending, options=_RETRIED)
        if ending["state"] == RunState.SUCCEEDED:
            await self._watch(request, raw, ending)
        return {"state": ending["state"]}

    async def take_up(self, raw: Raw) -> Raw:
        """Stage `take-up`: what a run that the engine has lost, or dead-lettered, took down is brought back."""
        request = decode_request(raw)
        ending = await self._under_lock("bring-back", "bring-back", request, raw, {})
        await self._step(request, "conclude", self._script.conclude, raw, ending, options=_RETRIED)
        return {"state": ending["state"]}

    async def change(self, raw: Raw, decision: Raw) -> Raw:
        """Stage `change`, one at a time on a workload: authorize again, then every step in order."""
        request = decode_request(raw)
        started = (await self._step(request, "started", self._script.now))["at"]
        allowed = await self._step(request, "authorize", self._script.authorize, raw, decision)
        if not allowed["yes"]:
            return _ending(RunState.STOPPED, f"not carried out: {allowed['reason']}", [], started)
        lines = await self._carry_out(request, raw, started)
        if lines[-1]["state"] != StepState.FAILED:
            return _ending(RunState.SUCCEEDED, "verified", lines, started)
        words = f"{lines[-1]['title']}: {lines[-1]['note']}"
        if not request.plan.may_have_changed(len(lines)):
            return _ending(RunState.STOPPED, f"{words}. Nothing was changed.", lines, started)
        return await self._restore(request, raw, lines, started, words)

    async def bring_back(self, raw: Raw) -> Raw:
        """Stage `bring-back`, under the same lock: only the compensation of the plan."""
        request = decode_request(raw)
        started = (await self._step(request, "started", self._script.now))["at"]
        return await self._restore(request, raw, [], started, "the run broke off")

    async def _under_lock(self, stage: str, suffix: str, request: RunRequest, raw: Raw, decision: Raw) -> Raw:
        if self.enqueue is None:
            raise RuntimeError("the engine has not been opened")
        with (
            SetWorkflowID(f"{DBOS.workflow_id}:{suffix}"),
            SetEnqueueOptions(queue_partition_key=request.plan.binding.workload),
        ):
            handle = await self.enqueue(stage, raw, decision)
        ending: Raw = await handle.get_result()
        return ending

    async def _carry_out(self, request: RunRequest, raw: Raw, started: str) -> list[Raw]:
        lines: list[Raw] = []
        for index, call in enumerate(request.plan.steps):
            lines.append(await self._line(request, f"{index:02d} {call.step}", raw, index, lines, started))
            if lines[-1]["state"] == StepState.FAILED:
                break
        return lines

    async def _restore(self, request: RunRequest, raw: Raw, lines: list[Raw], started: str, words: str) -> Raw:
        """A workload is never left at zero: what changes it is repeated for as long as it takes."""
        compensation = request.plan.compensation
        if not compensation:
            return _ending(RunState.FAILED, f"{words}; look at {request.plan.binding.workload}", lines, started)
        for index in range(len(compensation)):
            line = await self._insist(request, raw, index, lines, started)
            lines.append(line)
            if line["state"] == StepState.SKIPPED:
                return _ending(RunState.STOPPED, f"{words}. Nothing was changed.", lines, started)
            if line["state"] == StepState.FAILED:
                return _ending(RunState.FAILED, f"{words}. {line['title']}: {line['note']}", lines, started)
        return _ending(RunState.RESTORED, f"{words}. {request.plan.restores}.", lines, started)

    async def _insist(self, request: RunRequest, raw: Raw, index: int, lines: list[Raw], started: str) -> Raw:
        """One step of the compensation, again and again; one that only looks gives up after some tries."""
        call, attempt = request.plan.compensation[index], 0
        while True:
            name = f"restore {index:02d} {call.step}"
            line = await self._line(request, name, raw, index, lines, started, compensating=True)
            attempt += 1
            gives_up = call.step not in CHANGING_STEPS and attempt >= _LOOKS_AFTER_RESTORING
            if line["state"] != StepState.FAILED or gives_up:
                return line
            # Not a durable sleep: after a restart it is tried at once.
            await self._clock.sleep(_RESTORE_PAUSES_SECONDS[min(attempt, len(_RESTORE_PAUSES_SECONDS)) - 1])

    async def _line(
        self,
        request: RunRequest,
        name: str,
        raw: Raw,
        index: int,
        lines: Sequence[Raw],
        started: str,
        *,
        compensating: bool = False,
    ) -> Raw:
        """Performs a step of the plan; even what DBOS itself raises becomes a failed line."""
        try:
            return await self._step(
                request, name, self._script.perform, raw, index, list(lines), started, compensating
            )
        except Exception as error:  # noqa: BLE001  a book that cannot be written must not keep the replicas away
            _log.exception("a step could not be recorded", run_id=request.run_id, step=name)
            return self._script.crashed(calls_of(request, compensating=compensating)[index], error, 0.0)

    async def _watch(self, request: RunRequest, raw: Raw, ending: Raw) -> None:
        times = await self._step(request, "watch-times", self._script.watch_times, raw)
        for _ in range(int(times["looks"])):
            await DBOS.sleep_async(float(times["interval_seconds"]))
            if (await self._step(request, "watch", self._script.watch, raw, ending))["relapsed"]:
                return

    async def _step(
        self,
        request: RunRequest,
        name: str,
        act: Callable[..., Awaitable[Raw]],
        *args: Any,
        options: StepOptions | None = None,
    ) -> Raw:
        """Records what `act` returns; its exceptions pass the redaction gate before DBOS stores their text."""

        async def recorded() -> Raw:
            self._observe(request.run_id, name, "before")
            try:
                result = await act(*args)
            except Exception as error:  # noqa: BLE001  every text must pass the gate
                raise StepCrashed(self._script.words(error)) from None
            self._observe(request.run_id, name, "acted")
            return result

        result = await DBOS.run_step_async({**(options or {}), "name": name}, recorded)
        self._observe(request.run_id, name, "after")
        return result


class StepCrashed(Exception):
    """What DBOS stores of an exception: its redacted words."""


def _ending(state: RunState, summary: str, lines: Sequence[Mapping[str, Any]], started: str) -> Raw:
    return {
        "state": state.value,
        "summary": summary,
        "lines": [dict(line) for line in lines],
        "started_at": started,
    }
