"""The one workflow: it interprets the step list recorded in the plan, and always brings back what it took down."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from dbos import DBOS, SetEnqueueOptions, SetWorkflowID

from bot.domain.codec import (
    decode_decision,
    decode_line,
    decode_request,
    encode_decision,
    encode_line,
)
from bot.domain.redaction import Redactor
from bot.domain.run import RunRequest, RunState, StepLine, StepState
from bot.ports.clock import Clock
from bot.ports.engine import Ending, RunScript

QUEUE = "mutations"
DECISIONS = "decision"
MUTATION_SUFFIX = ":mutate"
_RESTORE_PAUSES_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0)

Raw = dict[str, Any]
"""JSON as DBOS stores it; nothing else goes in or out of a workflow or step."""


class Observer(Protocol):
    """Told before and after every recorded step; used for logs, and by tests that kill the process there."""

    def __call__(self, run_id: str, step: str, moment: str) -> None: ...


class PlanRunner:
    """The body of the workflow, with everything it needs; stateless but for that."""

    def __init__(self, script: RunScript, clock: Clock, redactor: Redactor, observe: Observer) -> None:
        self._script = script
        self._clock = clock
        self._redactor = redactor
        self._observe = observe
        self.enqueue: Callable[[str, Raw, Raw], Awaitable[Any]] | None = None

    async def approve_then_change(self, raw: Raw) -> Raw:
        """Stage 1, outside the lock: card, gate, then the changing part, its conclusion and the watch."""
        request = decode_request(raw)
        await self._step(request, "announce", self._announce, raw)
        left = await self._step(request, "time-left", self._time_left, raw)
        message = await DBOS.recv_async(DECISIONS, timeout_seconds=max(float(left["seconds"]), 0.0))
        settled = await self._step(request, "settle", self._settle, raw, message)
        if not settled["allowed"]:
            return {"state": settled["reason"]}
        ending = await self._change_under_lock(request, raw, settled["decision"])
        await self._step(request, "conclude", self._conclude, raw, ending)
        if ending["state"] == RunState.SUCCEEDED:
            await self._watch(request, raw, ending)
        return {"state": ending["state"]}

    async def change(self, raw: Raw, decision: Raw) -> Raw:
        """Stage 2, one at a time on a workload: authorize again, then every step in order."""
        request = decode_request(raw)
        started = (await self._step(request, "started", self._now))["at"]
        allowed = await self._step(request, "authorize", self._authorize, raw, decision)
        if not allowed["yes"]:
            return _ending(RunState.STOPPED, f"not carried out: {allowed['reason']}", [], started)
        lines = await self._carry_out(request, raw, started)
        failed = next((line for line in lines if line["state"] == StepState.FAILED), None)
        if failed is None:
            return _ending(RunState.SUCCEEDED, "verified", lines, started)
        words = f"{failed['title']}: {failed['note']}"
        if not _has_changed(request, len(lines)):
            return _ending(RunState.STOPPED, f"{words}. Nothing was changed.", lines, started)
        if not request.plan.compensation:
            return _ending(RunState.FAILED, words, lines, started)
        await self._restore(request, raw, lines, started)
        return _ending(RunState.RESTORED, f"{words}. {request.plan.restores}.", lines, started)

    async def _change_under_lock(self, request: RunRequest, raw: Raw, decision: Raw) -> Raw:
        if self.enqueue is None:
            raise RuntimeError("the engine has not been opened")
        with (
            SetWorkflowID(request.run_id + MUTATION_SUFFIX),
            SetEnqueueOptions(queue_partition_key=request.plan.binding.workload),
        ):
            handle = await self.enqueue("change", raw, decision)
        try:
            ending: Raw = await handle.get_result()
        except Exception as error:  # noqa: BLE001  the card must say that the changing part broke
            words = self._redactor.text(f"the run broke off: {error}; look at {request.plan.binding.workload}")
            ending = _ending(RunState.FAILED, words, [], request.requested_at.isoformat())
        return ending

    async def _carry_out(self, request: RunRequest, raw: Raw, started: str) -> list[Raw]:
        lines: list[Raw] = []
        for index, call in enumerate(request.plan.steps):
            name = f"{index:02d} {call.step}"
            line = await self._step(request, name, self._perform, raw, index, list(lines), started, False)
            lines.append(line)
            if line["state"] == StepState.FAILED:
                break
        return lines

    async def _restore(self, request: RunRequest, raw: Raw, lines: list[Raw], started: str) -> None:
        """Asks again for as long as it takes: a workload is never left at zero."""
        for index, call in enumerate(request.plan.compensation):
            attempt = 0
            while True:
                name = f"restore {index:02d} {call.step}"
                line = await self._step(request, name, self._perform, raw, index, list(lines), started, True)
                if line["state"] != StepState.FAILED:
                    break
                pause = _RESTORE_PAUSES_SECONDS[min(attempt, len(_RESTORE_PAUSES_SECONDS) - 1)]
                attempt += 1
                await DBOS.sleep_async(pause)
            lines.append(line)

    async def _watch(self, request: RunRequest, raw: Raw, ending: Raw) -> None:
        timings = (await self._step(request, "watch-times", self._watch_times, raw))["times"]
        for _ in range(int(timings["looks"])):
            await DBOS.sleep_async(float(timings["interval_seconds"]))
            if (await self._step(request, "watch", self._watch_once, raw, ending))["relapsed"]:
                return

    async def _step(self, request: RunRequest, name: str, act: Callable[..., Awaitable[Raw]], *args: Any) -> Raw:
        """Records what `act` returns; its exceptions pass the redaction gate before DBOS stores their text."""

        async def recorded() -> Raw:
            self._observe(request.run_id, name, "before")
            try:
                return await act(*args)
            except Exception as error:  # noqa: BLE001  every text must pass the gate
                words = self._redactor.text(f"{type(error).__name__}: {error}")
                raise StepCrashed(words) from None

        result = await DBOS.run_step_async({"name": name}, recorded)
        self._observe(request.run_id, name, "after")
        return result

    async def _now(self) -> Raw:
        return {"at": self._clock.now().isoformat()}

    async def _announce(self, raw: Raw) -> Raw:
        await self._script.announce(decode_request(raw))
        return {}

    async def _time_left(self, raw: Raw) -> Raw:
        request = decode_request(raw)
        return {"seconds": (request.expires_at - self._clock.now()).total_seconds()}

    async def _settle(self, raw: Raw, message: Raw | None) -> Raw:
        decision = None if message is None else decode_decision(message)
        settled = await self._script.settle(decode_request(raw), decision)
        standing = None if settled.decision is None else encode_decision(settled.decision)
        return {"allowed": settled.allowed.yes, "reason": settled.allowed.reason, "decision": standing}

    async def _authorize(self, raw: Raw, decision: Raw) -> Raw:
        allowed = await self._script.authorize(decode_request(raw), decode_decision(decision))
        return {"yes": allowed.yes, "reason": self._redactor.text(allowed.reason)}

    async def _perform(self, raw: Raw, index: int, done: Sequence[Raw], started: str, compensating: bool) -> Raw:
        lines = [decode_line(line) for line in done]
        request, began = decode_request(raw), self._clock.monotonic()
        try:
            line = await self._script.perform(
                request, index, lines, datetime.fromisoformat(started), compensating=compensating
            )
        except Exception as error:  # noqa: BLE001  a defect in a step must not keep the replicas away
            line = _crashed(request, index, compensating, error, self._clock.monotonic() - began)
        encoded = encode_line(line)
        return {**encoded, "note": self._redactor.text(str(encoded["note"]))}

    async def _conclude(self, raw: Raw, ending: Raw) -> Raw:
        started = datetime.fromisoformat(ending["started_at"])
        seconds = (self._clock.now() - started).total_seconds()
        lines = tuple(decode_line(line) for line in ending["lines"])
        await self._script.conclude(
            decode_request(raw), Ending(RunState(ending["state"]), ending["summary"], lines, started, seconds)
        )
        return {}

    async def _watch_times(self, raw: Raw) -> Raw:
        looks, interval = self._script.watch_times(decode_request(raw))
        return {"times": {"looks": looks, "interval_seconds": interval}}

    async def _watch_once(self, raw: Raw, ending: Raw) -> Raw:
        since = datetime.fromisoformat(ending["started_at"])
        return {"relapsed": await self._script.watch(decode_request(raw), since)}


class StepCrashed(Exception):
    """What DBOS stores of an exception: its redacted words."""


def _has_changed(request: RunRequest, lines_so_far: int) -> bool:
    """True from the first changing step on, even a failed one: its write may have landed."""
    changing = ("statefulset.scale", "deployment.restart")
    return any(call.step in changing for call in request.plan.steps[:lines_so_far])


def _crashed(request: RunRequest, index: int, compensating: bool, error: Exception, seconds: float) -> StepLine:
    calls = request.plan.compensation if compensating else request.plan.steps
    return StepLine(calls[index].title, StepState.FAILED, f"defect: {type(error).__name__}: {error}", seconds)


def _ending(state: RunState, summary: str, lines: Sequence[Mapping[str, Any]], started: str) -> Raw:
    return {
        "state": state.value,
        "summary": summary,
        "lines": [dict(line) for line in lines],
        "started_at": started,
    }
