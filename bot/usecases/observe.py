"""Wraps checks, remediations and the quick help, so that each is counted or traced and knows nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from bot.checks.registry import Check
from bot.domain.finding import Finding, Outcome
from bot.domain.notice import Notice
from bot.domain.remediation import NoPlan, Plan
from bot.domain.target import Target
from bot.ports.estate import Estate
from bot.ports.telemetry import Answered, Telemetry
from bot.remediations.registry import Remediation
from bot.usecases.help_at_once import HelpAtOnce


def observe_checks(checks: Iterable[Check], telemetry: Telemetry) -> tuple[Check, ...]:
    """The same checks; one that does not answer, for whatever reason, counts as unknown."""
    return tuple(_observed_check(check, telemetry) for check in checks)


def observe_remediations(
    remediations: Mapping[str, Remediation], telemetry: Telemetry
) -> Mapping[str, Remediation]:
    """The same remediations; each diagnosis is a span."""
    return {name: _observed_remediation(each, telemetry) for name, each in remediations.items()}


def observe_help(help_at_once: HelpAtOnce, telemetry: Telemetry) -> Callable[[str, str, str], Notice | None]:
    """The same help; what is answered within the acknowledgement never comes by the inbox, so it counts here."""

    def ask(user_id: str, channel_id: str, text: str) -> Notice | None:
        notice = help_at_once(user_id, channel_id, text)
        if notice is not None:
            telemetry.meter.request_ended("command", "help", Answered.ANSWERED, 0.0)
        return notice

    return ask


def _observed_check(check: Check, telemetry: Telemetry) -> Check:
    async def run(target: Target, estate: Estate) -> Finding:
        began = estate.clock.monotonic()
        seen = Finding(check.name, check.component, Outcome.UNKNOWN, f"{check.name}.unknown", "")
        try:
            with telemetry.tracer.span(f"check {check.name}", target=target.name) as span:
                seen = await check.run(target, estate)
                span.tell(outcome=seen.outcome.value, code=seen.code)
                return seen
        finally:
            telemetry.meter.check_ended(target.name, seen.timed(estate.clock.monotonic() - began))

    return replace(check, run=run)


def _observed_remediation(remediation: Remediation, telemetry: Telemetry) -> Remediation:
    async def plan(target: Target, estate: Estate) -> Plan | NoPlan:
        with telemetry.tracer.span(f"plan {remediation.name}", target=target.name) as span:
            found = await remediation.plan(target, estate)
            span.tell(verdict=found.binding.verdict if isinstance(found, Plan) else found.verdict)
            return found

    return replace(remediation, plan=plan)
