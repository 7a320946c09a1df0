"""Asks Argo CD, where it is configured, whether self-heal would take back a scale of a workload."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.errors import SfintError
from bot.domain.remediation import Fact
from bot.domain.workload import WorkloadRef
from bot.ports.estate import Estate


@dataclass(frozen=True, slots=True)
class SelfHeal:
    """What a plan says of it; `healed_by` names the application that would revert a scale, or is empty."""

    healed_by: str = ""
    facts: tuple[Fact, ...] = ()
    risks: tuple[str, ...] = ()


async def ask_self_heal(estate: Estate, ref: WorkloadRef) -> SelfHeal:
    """Never raises for an Argo CD that cannot be asked: its outage must not hold up a repair of something else."""
    if estate.deployments is None:
        return SelfHeal()
    try:
        found = await estate.deployments.application()
    except SfintError as error:
        risk = "Argo CD could not be asked: with self-heal on it reverts a scale within seconds"
        return SelfHeal(facts=(_fact(f"could not be asked: {error}"),), risks=(risk,))
    if found.reverts_scaling_of(ref):
        return SelfHeal(found.name, (_fact(f"on ({found.name}): it reverts a manual scale within seconds"),))
    state = "on, but not for the replicas of this workload" if found.heals_itself else "off"
    return SelfHeal(facts=(_fact(f"{state} ({found.name})"),))


def _fact(words: str) -> Fact:
    return Fact("Argo CD self-heal", words)
