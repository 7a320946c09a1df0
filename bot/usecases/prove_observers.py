"""Questions about who looks on at a target: Datadog's keys and spans, Argo CD's application."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.argocd import ArgoCd
from bot.domain.datadog import Datadog
from bot.domain.errors import Unreachable
from bot.domain.proof import Question
from bot.domain.target import Target
from bot.ports.deployments import Deployments
from bot.ports.estate import Estate
from bot.ports.traces import Traces


def observer_questions(target: Target, estate: Estate) -> Sequence[Question]:
    """None for a target without them. Two requests of Datadog's ration at most."""
    questions: list[Question] = []
    if target.datadog is not None and estate.traces is not None:
        questions += _datadog(target.name, target.datadog, estate.traces)
    if target.argocd is not None and estate.deployments is not None:
        questions += _argocd(target.name, target.argocd, estate.deployments)
    return questions


def _datadog(name: str, expected: Datadog, traces: Traces) -> Sequence[Question]:
    path, subject = f"targets.{name}.datadog", f"datadog {name}"

    async def key() -> str:
        await traces.validate()
        return "the API key is valid"

    async def spans() -> str:
        found = (await traces.counts(expected.every_span)).total
        if not found:
            raise Unreachable(
                f"no span in the last {expected.window_seconds / 60:g} min: no traffic, or other names"
            )
        return f"{found} spans in the last {expected.window_seconds / 60:g} min; {traces.budget()}"

    keys = f"correct {path}: site and api_key belong together"
    names = f"correct {path}: application_key (scope apm_read), service, env, the names of the operations"
    return (Question(subject, "API key", key, keys), Question(subject, "spans", spans, names))


def _argocd(name: str, expected: ArgoCd, deployments: Deployments) -> Sequence[Question]:
    path = f"targets.{name}.argocd"

    async def application() -> str:
        found = await deployments.application()
        heals = ", heals itself" if found.heals_itself else ""
        return f"{found.sync}, {found.health}{heals}"

    fix = f"correct {path}: url, token (`applications, get` on it), application, project"
    return (Question(f"argocd {name}", f"application {expected.application}", application, fix),)
