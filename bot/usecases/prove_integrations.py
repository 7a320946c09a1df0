"""Questions about a target's core services of Integrations, and the registration of its webhook."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from bot.checks.webhook_version import webhook_version
from bot.domain.errors import AccessDenied, Unreachable
from bot.domain.finding import Outcome
from bot.domain.integrations import CoreService, Integrations
from bot.domain.proof import Question
from bot.domain.target import Target
from bot.domain.workload import Kind, WorkloadRef
from bot.ports.estate import Estate


def integrations_questions(target: Target, estate: Estate) -> Sequence[Question]:
    """None for a target that names no core service. A service that is down is no mistake of the settings."""
    rules = target.integrations
    if rules is None:
        return ()
    asked = [_service(target, rules, service, estate) for service in rules.services]
    return [*asked, _webhook(target, estate)] if rules.webhook is not None else asked


def _service(target: Target, rules: Integrations, service: CoreService, estate: Estate) -> Question:
    namespace = rules.namespace or target.namespace

    async def ask() -> str:
        workload = await estate.workloads.get(WorkloadRef(Kind.DEPLOYMENT, namespace, service.workload))
        pods = await estate.cluster.pods(namespace, workload.selector)
        if pods:
            # Where logs may not be read at all, another question says so, once for all services.
            with suppress(AccessDenied):
                await estate.cluster.logs(namespace, pods[0].name, service.log_container, tail_lines=1)
        counted = "" if service.messages else "; its messages are not counted (no pattern)"
        return f"{workload.ready_replicas} of {workload.replicas} ready{counted}"

    path = f"targets.{target.name}.integrations"
    fix = f"correct {path}.namespace, or deployment and container of {service.name} in {path}.services"
    return Question(f"integrations {target.name}", f"service {service.name}", ask, fix)


def _webhook(target: Target, estate: Estate) -> Question:
    async def ask() -> str:
        finding = await webhook_version(target, estate)
        words = "; ".join((finding.summary, *finding.evidence[:1]))
        if finding.outcome is Outcome.OK:
            return finding.summary
        raise (Unreachable if finding.outcome is Outcome.UNKNOWN else AccessDenied)(words)

    path = f"targets.{target.name}.integrations.webhook"
    fix = f"correct {path} (version, read_url, json_path, token), or ask the Integrations team"
    return Question(f"integrations {target.name}", "webhook", ask, fix)
