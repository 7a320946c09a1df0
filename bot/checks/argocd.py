"""Is what runs what Git wants, and is it healthy in Argo CD's eyes?"""

from __future__ import annotations

from collections.abc import Iterator

from bot.checks.registry import check
from bot.domain.argocd import Application
from bot.domain.errors import Unreachable
from bot.domain.finding import Finding, Outcome
from bot.domain.redaction import Redactor
from bot.domain.target import Target
from bot.domain.workload import Kind, WorkloadRef
from bot.ports.estate import Estate

_OUTCOMES = {
    "ok": Outcome.OK,
    "degraded": Outcome.DEGRADED,
    "missing": Outcome.DEGRADED,
    "sync-failed": Outcome.DEGRADED,
    "out-of-sync": Outcome.DEGRADED,
    "progressing": Outcome.DEGRADED,
    "suspended": Outcome.DEGRADED,
    "unclear": Outcome.UNKNOWN,
}
"""What Argo CD sees is seen by the checks of the workloads themselves, nearer to the cause: never failing."""
_HEALTHS = {"Degraded": "degraded", "Missing": "missing", "Progressing": "progressing", "Suspended": "suspended"}
_MOST_RESOURCES = 5
_LONGEST_MESSAGE = 200


def _is_configured(target: Target, estate: Estate) -> bool:
    return target.argocd is not None and estate.deployments is not None


@check("argocd", component="argocd", codes=tuple(f"argocd.{code}" for code in _OUTCOMES), applies=_is_configured)
async def argocd(target: Target, estate: Estate) -> Finding:
    """Reads the application: sync, health, the last operation, and whether self-heal would undo a repair."""
    if estate.deployments is None:
        raise Unreachable("no Argo CD is configured")
    application = await estate.deployments.application()
    code = _code(application)
    return Finding(
        check="argocd",
        component="argocd",
        outcome=_OUTCOMES[code],
        code=f"argocd.{code}",
        summary=f"Argo CD: {application.name} is {application.sync or 'not compared'},"
        f" {application.health or 'of unknown health'}",
        evidence=tuple(_evidence(application, target)),
    )


def _code(application: Application) -> str:
    """The worst first: health, then a failed sync, then a difference."""
    health = _HEALTHS.get(application.health, "")
    if health in ("degraded", "missing"):
        return health
    if application.operation in ("Failed", "Error"):
        return "sync-failed"
    if application.sync == "OutOfSync":
        return "out-of-sync"
    if health:
        return health
    return "ok" if (application.sync, application.health) == ("Synced", "Healthy") else "unclear"


def _evidence(application: Application, target: Target) -> Iterator[str]:
    redact = Redactor().text
    unwell = [resource for resource in application.resources if not resource.is_well]
    for resource in unwell[:_MOST_RESOURCES]:
        yield redact(str(resource))[:_LONGEST_MESSAGE]
    if len(unwell) > _MOST_RESOURCES:
        yield f"and {len(unwell) - _MOST_RESOURCES} more"
    if application.operation and application.operation != "Succeeded":
        words = redact(application.operation_message)[:_LONGEST_MESSAGE]
        yield f"last sync: {application.operation}{f', {words}' if words else ''}"
    for kind, message in (application.conditions or {}).items():
        yield redact(f"{kind}: {message}")[:_LONGEST_MESSAGE]
    if application.heals_itself:
        yield _self_heal(application, target)


def _self_heal(application: Application, target: Target) -> str:
    redis = WorkloadRef(Kind.STATEFULSET, target.namespace, target.redis.statefulset)
    if application.reverts_scaling_of(redis):
        return f"self-heal is on: it reverts a manual scale of {redis.name} within seconds"
    return "self-heal is on: it reverts changes made by hand within seconds"
