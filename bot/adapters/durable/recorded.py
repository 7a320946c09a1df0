"""The script of a run as DBOS records it: JSON in, JSON out, and every text through the redaction gate."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.domain.codec import decode_decision, decode_line, decode_request, encode_decision, encode_line
from bot.domain.redaction import Redactor
from bot.domain.remediation import StepCall
from bot.domain.run import RunRequest, RunState, StepLine, StepState
from bot.ports.clock import Clock
from bot.ports.engine import Ending, RunScript

Raw = dict[str, Any]
"""JSON as DBOS stores it; nothing else goes in or out of a workflow or step."""


class RecordedScript:
    """Each method is the body of one recorded step; all may be called again after a crash."""

    def __init__(self, script: RunScript, clock: Clock, redactor: Redactor) -> None:
        self._script = script
        self._clock = clock
        self._redactor = redactor

    def words(self, error: Exception) -> str:
        """What may be stored and shown of an exception."""
        return self._redactor.text(f"{type(error).__name__}: {error}")

    async def now(self) -> Raw:
        """When the changing part began."""
        return {"at": self._clock.now().isoformat()}

    async def announce(self, raw: Raw) -> Raw:
        """Shows the card and pages."""
        await self._script.announce(decode_request(raw))
        return {}

    async def time_left(self, raw: Raw) -> Raw:
        """Seconds until the request expires."""
        request = decode_request(raw)
        return {"seconds": (request.expires_at - self._clock.now()).total_seconds()}

    async def settle(self, raw: Raw, message: Raw | None) -> Raw:
        """What came of the gate."""
        decision = None if message is None else decode_decision(message)
        settled = await self._script.settle(decode_request(raw), decision)
        standing = None if settled.decision is None else encode_decision(settled.decision)
        return {"allowed": settled.allowed.yes, "reason": settled.allowed.reason, "decision": standing}

    async def authorize(self, raw: Raw, decision: Raw) -> Raw:
        """Whether the change may begin; a defect in the judgement is a no."""
        try:
            allowed = await self._script.authorize(decode_request(raw), decode_decision(decision))
        except Exception as error:  # noqa: BLE001  nothing has been changed yet: any doubt ends the run
            return {"yes": False, "reason": f"it could not be judged: {self.words(error)}"}
        return {"yes": allowed.yes, "reason": self._redactor.text(allowed.reason)}

    async def perform(self, raw: Raw, index: int, done: Sequence[Raw], started: str, compensating: bool) -> Raw:
        """Carries out one step; a defect in it is a failed line, so that the run goes on to restore."""
        request, began = decode_request(raw), self._clock.monotonic()
        lines, moment = [decode_line(line) for line in done], datetime.fromisoformat(started)
        try:
            line = await self._script.perform(request, index, lines, moment, compensating=compensating)
        except Exception as error:  # noqa: BLE001  a defect in a step must not keep the replicas away
            call = calls_of(request, compensating=compensating)[index]
            return self.crashed(call, error, self._clock.monotonic() - began)
        encoded = encode_line(line)
        return {**encoded, "note": self._redactor.text(str(encoded["note"]))}

    def crashed(self, call: StepCall, error: Exception, seconds: float) -> Raw:
        """The line of a step that broke instead of failing."""
        return encode_line(StepLine(call.title, StepState.FAILED, f"defect: {self.words(error)}", seconds))

    async def conclude(self, raw: Raw, ending: Raw) -> Raw:
        """Tells how it ended."""
        started = datetime.fromisoformat(ending["started_at"])
        seconds = (self._clock.now() - started).total_seconds()
        lines = tuple(decode_line(line) for line in ending["lines"])
        await self._script.conclude(
            decode_request(raw), Ending(RunState(ending["state"]), ending["summary"], lines, started, seconds)
        )
        return {}

    async def watch_times(self, raw: Raw) -> Raw:
        """How often and how long to look after a success."""
        looks, interval = self._script.watch_times(decode_request(raw))
        return {"looks": looks, "interval_seconds": interval}

    async def watch(self, raw: Raw, ending: Raw) -> Raw:
        """One look."""
        since = datetime.fromisoformat(ending["started_at"])
        return {"relapsed": await self._script.watch(decode_request(raw), since)}


def calls_of(request: RunRequest, *, compensating: bool) -> tuple[StepCall, ...]:
    """The steps of the plan, or those that bring back what it took down."""
    return request.plan.compensation if compensating else request.plan.steps
