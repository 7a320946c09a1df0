"""Do the core services of Integrations run, and do messages pass through them as usual?"""

from __future__ import annotations

from bot.checks.registry import check
from bot.domain.errors import SfintError
from bot.domain.finding import Finding
from bot.domain.integrations_verdict import OUTCOMES, CoreVerdict, describe, judge
from bot.domain.target import Target
from bot.ports.estate import Estate
from bot.readings.core_services import read_core_services


def _is_configured(target: Target, estate: Estate) -> bool:
    del estate
    return target.integrations is not None and bool(target.integrations.services)


@check(
    "integrations-core",
    component="integrations",
    codes=tuple(f"integrations.{verdict}" for verdict in CoreVerdict),
    applies=_is_configured,
)
async def integrations_core(target: Target, estate: Estate) -> Finding:
    """Looks at each service's pods, its messages a minute against what is usual, and its error lines."""
    rules = target.integrations
    if rules is None:
        raise SfintError("the settings name no core services")
    readings = await read_core_services(target, rules, estate)
    judged = judge(readings, rules)
    evidence = [describe(reading, rules) for reading in readings]
    if judged.verdict is not CoreVerdict.OK and rules.contacts:
        evidence.insert(0, f"Platform's contacts, in this order: {', '.join(rules.contacts)}")
    return Finding(
        check="integrations-core",
        component="integrations",
        outcome=OUTCOMES[judged.verdict],
        code=f"integrations.{judged.verdict}",
        summary=f"Integrations Core: {judged.words}",
        evidence=tuple(evidence),
    )
