"""Questions about one target that its ports answer: workloads, Redis and Sentinel, Salesforce, live chat."""

from __future__ import annotations

from collections.abc import Sequence

from bot.checks.salesforce_api import salesforce_api
from bot.checks.salesforce_token import salesforce_token
from bot.domain.errors import AccessDenied, Unreachable
from bot.domain.finding import Finding, Outcome
from bot.domain.proof import Question
from bot.domain.target import Target
from bot.domain.workload import Kind, Pod, WorkloadRef
from bot.ports.cache import Greeter
from bot.ports.estate import Estate
from bot.usecases.prove_contacts import contact_questions
from bot.usecases.prove_integrations import integrations_questions
from bot.usecases.prove_kafka import kafka_questions
from bot.usecases.prove_live_chat import live_chat_questions
from bot.usecases.prove_observers import observer_questions


def target_questions(target: Target, estate: Estate, greeter: Greeter) -> tuple[Question, ...]:
    """All of them; a log-in to Salesforce is among them, through the limiter that protects the account."""
    return (
        *_workloads(target, estate),
        *_redis(target, estate, greeter),
        *_salesforce(target, estate),
        *contact_questions(target, estate),
        *integrations_questions(target, estate),
        *live_chat_questions(target, estate),
        *observer_questions(target, estate),
        *kafka_questions(target, estate),
    )


def _workloads(target: Target, estate: Estate) -> Sequence[Question]:
    path, subject = f"targets.{target.name}", f"kubernetes {target.name}"
    wanted = (
        (WorkloadRef(Kind.STATEFULSET, target.namespace, target.redis.statefulset), "redis.statefulset"),
        (WorkloadRef(Kind.DEPLOYMENT, target.namespace, target.middleware.deployment), "middleware.deployment"),
    )

    def question(ref: WorkloadRef, setting: str) -> Question:
        async def ask() -> str:
            found = await estate.workloads.get(ref)
            return f"{found.ready_replicas} of {found.replicas} ready"

        fix = f"correct {path}.{setting} or {path}.namespace to a {ref.kind} that is there"
        return Question(subject, f"{ref.kind} {ref.name}", ask, fix)

    return [question(ref, setting) for ref, setting in wanted]


def _redis(target: Target, estate: Estate, greeter: Greeter) -> Sequence[Question]:
    path, subject = f"targets.{target.name}.redis", f"redis {target.name}"

    async def pod(name: str) -> Pod:
        found = {each.name: each for each in await estate.cluster.pods(target.namespace)}.get(name)
        if found is None:
            raise Unreachable(f"there is no pod {name} now")
        return found

    def questions(name: str) -> tuple[Question, Question]:
        async def redis() -> str:
            return f"PONG, {await greeter.greet_redis(await pod(name))}"

        async def sentinel() -> str:
            return f"watches {target.redis.master_name} at {await greeter.greet_sentinel(await pod(name))}"

        return (
            Question(subject, f"redis in {name}", redis, _redis_fix(path, "")),
            Question(subject, f"sentinel in {name}", sentinel, _redis_fix(path, "sentinel_")),
        )

    names = [f"{target.redis.statefulset}-{ordinal}" for ordinal in range(target.redis.replicas)]
    return [question for name in names for question in questions(name)]


def _redis_fix(path: str, which: str) -> str:
    more = ", master_name" if which else ""
    return (
        f"correct {path}: {which}password, {which}username, {which or 'redis_'}port, tls{more}; "
        "reach: port-forward where pod addresses are not routed"
    )


def _salesforce(target: Target, estate: Estate) -> Sequence[Question]:
    path, subject = f"targets.{target.name}.salesforce", f"salesforce {target.name}"

    async def token() -> str:
        return f"{_judged(await salesforce_token(target, estate))} (this was a log-in)"

    async def call() -> str:
        return _judged(await salesforce_api(target, estate))

    login = f"correct {path} (client_id, client_secret, username, password, security_token, login_url); see"
    return (
        Question(subject, "log-in", token, f"{login} `sfint runbook error-getting-token`"),
        Question(subject, "one API call", call, "see `sfint token-test`, and the runbook entry that it names"),
    )


def _judged(finding: Finding) -> str:
    words = "; ".join((finding.summary, *finding.evidence))
    match finding.outcome:
        case Outcome.OK:
            return words
        case Outcome.UNKNOWN:
            raise Unreachable(words)
        case _:
            raise AccessDenied(words)
