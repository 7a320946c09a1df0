"""The three Kafka checks, through the real adapter against a broker that speaks the protocol."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.adapters.clock import SystemClock
from bot.adapters.kafka import KafkaStream
from bot.adapters.kafka_traffic import BrokerTraffic
from bot.checks.kafka_groups import kafka_groups
from bot.checks.kafka_topics import kafka_topics
from bot.checks.kafka_traffic import kafka_traffic
from bot.checks.registry import collect
from bot.domain.errors import Unreachable
from bot.domain.finding import Finding, Outcome
from bot.domain.kafka import ExpectedTopic, Kafka, LagLimits, RegularLoad
from bot.domain.target import Target
from bot.ports.estate import Estate
from bot.usecases.run_checks import asked_of, run_checks
from lab.estate.kafka import Operation, Resource
from tests.bot.checks.check_world import MIDDLEWARE, TARGET, middleware_pod, workload
from tests.fakes.estate import FakeCluster, FakeWorkloads, fake_estate
from tests.kafka_world import GROUP, SETTINGS, TOPIC, KafkaWorld, kafka_world

EXPECTED = ExpectedTopic(TOPIC, 3, 3, SETTINGS, (GROUP,))
LOAD = RegularLoad(window_seconds=60, step_seconds=120, steps=3, minimum_messages=10)
KAFKA = Kafka((EXPECTED,), LagLimits(10, 100), LOAD, service="salesforce-integration")
READING_ERROR = json.dumps(
    {"severity": "error", "msg": f"[reading_err:Local: Broker transport failure][topic:{TOPIC}]"}
)
CHECKS = {check.name: check for check in collect() if check.component == "kafka"}


@pytest.fixture
async def kafka() -> AsyncIterator[KafkaWorld]:
    """A broker of one's own."""
    async with kafka_world() as world:
        yield world


def _target(expected: Kafka = KAFKA) -> Target:
    return replace(TARGET, kafka=expected)


def _estate(kafka: KafkaWorld, *, log: str = "", up: bool = True, age: timedelta = timedelta(hours=1)) -> Estate:
    """The middleware runs (or not) since `age`, and has written `log`."""
    pod = replace(middleware_pod(), created_at=datetime.now(UTC) - age)
    cluster = FakeCluster({TARGET.namespace: [pod]}, log={(pod.name, TARGET.middleware.container, False): log})
    deployment = workload(MIDDLEWARE, 1, available_replicas=int(up))
    estate = fake_estate(cluster=cluster, workloads=FakeWorkloads(deployment))
    return replace(estate, clock=SystemClock(), stream=kafka.stream, traffic=kafka.traffic)


async def _asked(name: str, target: Target, estate: Estate) -> Finding:
    """As a report asks: with the deadline, and with what is raised made unknown."""
    (finding,) = await run_checks([CHECKS[name]], target, estate)
    return finding


async def test_topics_as_expected_are_well_and_shown(kafka: KafkaWorld) -> None:
    """The table is evidence."""
    finding = await kafka_topics(_target(), _estate(kafka))

    assert (finding.outcome, finding.code) == (Outcome.OK, "kafka-topics.ok")
    assert finding.evidence == (
        f"{TOPIC}: 3 partitions, replication 3, retention.ms 604800000, cleanup.policy delete",
    )


async def test_a_missing_topic_is_failing_with_what_was_expected(kafka: KafkaWorld) -> None:
    """So that it can be made as agreed."""
    kafka.broker.topics.delete(TOPIC)

    finding = await kafka_topics(_target(), _estate(kafka))

    assert (finding.outcome, finding.code) == (Outcome.FAILING, "kafka.topic-missing")
    assert "3 partitions" in finding.summary
    assert "retention.ms 604800000" in finding.summary
    assert kafka.broker.topics.names() == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"partitions": 6}, "partitions 3, expected 6"),
        ({"settings": {"retention.ms": "1"}}, "retention.ms 604800000, expected 1"),
        ({"settings": {"no.such.setting": "1"}}, "no.such.setting is no setting that the broker knows"),
    ],
)
async def test_a_topic_that_differs_is_degraded(kafka: KafkaWorld, changes: dict[str, object], words: str) -> None:
    """Each difference is named."""
    expected = replace(KAFKA, topics=(replace(EXPECTED, **changes),))  # type: ignore[arg-type]  # by name

    finding = await kafka_topics(_target(expected), _estate(kafka))

    assert (finding.outcome, finding.code) == (Outcome.DEGRADED, "kafka.topic-differs")
    assert words in finding.summary


async def test_without_expectations_it_only_shows(kafka: KafkaWorld) -> None:
    """And says so; groups and traffic have nothing to ask."""
    target, estate = _target(Kafka()), _estate(kafka)

    finding = await kafka_topics(target, estate)

    assert finding.outcome is Outcome.OK
    assert "no expected topics are configured" in finding.summary
    assert finding.evidence == (f"{TOPIC}: 3 partitions, replication 3",)
    assert [check.name for check in asked_of(list(CHECKS.values()), target, estate)] == ["kafka-topics"]


async def test_a_target_without_kafka_is_not_asked(kafka: KafkaWorld) -> None:
    """Nor is one whose settings name none."""
    assert asked_of(list(CHECKS.values()), TARGET, _estate(kafka)) == []


@pytest.mark.parametrize("operation", [Operation.ALL, Operation.DESCRIBE_CONFIGS])
async def test_no_permission_is_unknown_with_what_to_ask_for(kafka: KafkaWorld, operation: Operation) -> None:
    """Step 4 of the runbook: the request goes to DevOps."""
    kafka.account.deny(Resource.TOPIC, TOPIC, operation)

    finding = await kafka_topics(_target(), _estate(kafka))

    assert (finding.outcome, finding.code) == (Outcome.UNKNOWN, "kafka.access-denied")
    assert finding.evidence[0].startswith(
        "ask DevOps for an API key with DESCRIBE and DESCRIBE_CONFIGS on the topics"
    )


async def test_wrong_credentials_are_unknown_and_name_the_key(kafka: KafkaWorld) -> None:
    """Ours may be the only wrong ones."""
    link = kafka.another_link(api_secret="planted-wrong-secret")

    finding = await kafka_topics(_target(), replace(_estate(kafka), stream=KafkaStream(link)))

    assert (finding.outcome, finding.code) == (Outcome.UNKNOWN, "kafka.access-denied")
    assert "refused our API key" in finding.summary
    await link.aclose()


async def test_our_own_refusal_alone_is_unknown(kafka: KafkaWorld) -> None:
    """ "Could not ask" is never failing."""
    await kafka.broker.go_down()

    finding = await _asked("kafka-topics", _target(), _estate(kafka, log='{"msg":"chat created"}'))

    assert (finding.outcome, finding.code) == (Outcome.UNKNOWN, "kafka-topics.unknown")
    assert "Connection refused" in finding.summary
    assert "no reading error" in finding.evidence[0]


async def test_our_refusal_and_the_middlewares_together_are_failing(kafka: KafkaWorld) -> None:
    """Two who cannot reach it, by different ways, prove it."""
    await kafka.broker.go_down()

    finding = await _asked("kafka-topics", _target(), _estate(kafka, log=f"{READING_ERROR}\n{READING_ERROR}\n"))

    assert (finding.outcome, finding.code) == (Outcome.FAILING, "kafka.unreachable")
    assert finding.evidence[0].startswith(f"middleware log: 2 x reading_err on {TOPIC}: Local: Broker transport")


async def test_the_middlewares_errors_alone_are_no_failure(kafka: KafkaWorld) -> None:
    """Connections are lost and made again all the time."""
    finding = await kafka_topics(_target(), _estate(kafka, log=READING_ERROR))

    assert finding.outcome is Outcome.OK


@pytest.mark.parametrize("name", sorted(CHECKS))
@pytest.mark.parametrize("fault", ["refused", "is_silent", "answers_garbage", "delay_seconds"])
async def test_whatever_is_wrong_the_answer_comes_at_the_deadline(
    kafka: KafkaWorld, name: str, fault: str
) -> None:
    """Unknown, with a code that the runbook explains."""
    if fault == "refused":
        await kafka.broker.go_down()
    else:
        setattr(kafka.broker.faults, fault, 600.0 if fault == "delay_seconds" else True)
    estate = _estate(kafka)

    async with asyncio.timeout(60.0):
        finding = await _asked(name, _target(), estate)

    assert finding.outcome is Outcome.UNKNOWN
    assert finding.code == f"{name}.unknown"
    assert finding.code in CHECKS[name].codes


async def test_a_group_that_keeps_up_is_well(kafka: KafkaWorld) -> None:
    """Members and lag are shown."""
    kafka.seed(9, seconds_ago=5)
    kafka.commit({0: 3, 1: 3, 2: 1})

    async with kafka.consuming():
        finding = await kafka_groups(_target(), _estate(kafka))

    assert (finding.outcome, finding.code) == (Outcome.OK, "kafka-groups.ok")
    assert finding.evidence == (f"{GROUP}: stable, 1 member, lag 2 on {TOPIC}",)


@pytest.mark.parametrize(("messages", "outcome"), [(45, Outcome.DEGRADED), (300, Outcome.FAILING)])
async def test_lag_beyond_the_limits(kafka: KafkaWorld, messages: int, outcome: Outcome) -> None:
    """10 and 100 here."""
    kafka.seed(messages, seconds_ago=5)
    kafka.commit({0: 0, 1: 0, 2: 0})

    async with kafka.consuming():
        finding = await kafka_groups(_target(), _estate(kafka))

    assert (finding.outcome, finding.code) == (outcome, "kafka.group-lag")
    assert f"lag {messages}" in finding.summary


async def test_lag_without_a_commit_is_unknown_and_never_0(kafka: KafkaWorld) -> None:
    """Messages are there, and nobody has said how far they are."""
    kafka.seed(9, seconds_ago=5)

    async with kafka.consuming():
        finding = await kafka_groups(_target(), _estate(kafka))

    assert (finding.outcome, finding.code) == (Outcome.UNKNOWN, "kafka.lag-unknown")
    assert "lag unknown" in finding.summary


async def test_a_new_group_on_an_empty_topic_is_well(kafka: KafkaWorld) -> None:
    """Nothing committed, and nothing to read: unknown is said, not 0."""
    async with kafka.consuming():
        finding = await kafka_groups(_target(), _estate(kafka))

    assert finding.outcome is Outcome.OK
    assert "lag unknown (no commit yet)" in finding.evidence[0]


@pytest.mark.parametrize("joined_once", [True, False])
async def test_nobody_consumes_although_the_middleware_is_up(kafka: KafkaWorld, joined_once: bool) -> None:
    """Empty or dead alike; the middleware's own words come along."""
    if joined_once:
        async with kafka.consuming():
            pass

    finding = await kafka_groups(_target(), _estate(kafka, log=READING_ERROR))

    assert (finding.outcome, finding.code) == (Outcome.FAILING, "kafka.group-empty")
    assert "nobody consumes" in finding.summary
    assert "reading_err" in finding.evidence[0]


async def test_nobody_consumes_because_the_middleware_is_down(kafka: KafkaWorld) -> None:
    """Then it is a symptom, and the middleware's own finding is the one that fails."""
    down = await kafka_groups(_target(), _estate(kafka, up=False))
    new = await kafka_groups(_target(), _estate(kafka, age=timedelta(seconds=5)))

    assert (down.outcome, down.code) == (Outcome.DEGRADED, "kafka.group-empty")
    assert "0 of 1 pods" in down.summary
    assert (new.outcome, "has just started" in new.summary) == (Outcome.DEGRADED, True)


async def test_a_group_of_others_has_no_excuse(kafka: KafkaWorld) -> None:
    """The middleware does not explain why another service does not read."""
    expected = replace(KAFKA, topics=(replace(EXPECTED, groups=("dispatcher-incoming",)),))

    finding = await kafka_groups(_target(expected), _estate(kafka, up=False))

    assert finding.outcome is Outcome.FAILING


async def test_a_group_that_joins_while_it_is_asked_is_well(kafka: KafkaWorld) -> None:
    """A redeploy leaves it empty for a moment."""
    asked = asyncio.ensure_future(kafka_groups(_target(), _estate(kafka)))

    async with kafka.consuming():
        finding = await asked

    assert finding.outcome is Outcome.OK


async def test_a_forbidden_group_is_unknown_with_what_to_ask_for(kafka: KafkaWorld) -> None:
    """No guess about its members."""
    kafka.account.deny(Resource.GROUP, GROUP)

    finding = await kafka_groups(_target(), _estate(kafka))

    assert (finding.outcome, finding.code) == (Outcome.UNKNOWN, "kafka.access-denied")
    assert f"DESCRIBE on the groups ({GROUP})" in finding.evidence[0]


async def test_a_group_on_a_missing_topic_has_an_unknown_lag(kafka: KafkaWorld) -> None:
    """The missing topic itself is the other check's."""
    async with kafka.consuming():
        kafka.broker.topics.delete(TOPIC)
        finding = await kafka_groups(_target(), _estate(kafka))

    assert finding.code == "kafka.lag-unknown"


def _history(kafka: KafkaWorld, messages: int) -> None:
    """As many in each of the three windows before, and a few older ones, which prove that the log reaches back."""
    kafka.seed(3, seconds_ago=600)
    for nth in (3, 2, 1):
        kafka.seed(messages, seconds_ago=120 * nth + 50, spread=40)


@pytest.mark.parametrize(
    ("now", "outcome", "code"),
    [
        (30, Outcome.OK, "kafka-traffic.ok"),
        (3, Outcome.DEGRADED, "kafka.traffic-quiet"),
        (0, Outcome.FAILING, "kafka.traffic-stopped"),
    ],
)
async def test_traffic_against_the_same_windows_before(
    kafka: KafkaWorld, now: int, outcome: Outcome, code: str
) -> None:
    """Regular, few, none."""
    _history(kafka, 30)
    kafka.seed(now, seconds_ago=40, spread=30)

    finding = await kafka_traffic(_target(), _estate(kafka))

    assert (finding.outcome, finding.code) == (outcome, code)
    assert f"{now} messages in 1 min, usually 30" in " ".join((finding.summary, *finding.evidence))


async def test_a_small_regular_load_is_not_judged(kafka: KafkaWorld) -> None:
    """At night nothing is normal."""
    _history(kafka, 5)

    finding = await kafka_traffic(_target(), _estate(kafka))

    assert finding.outcome is Outcome.OK
    assert "too few to judge" in finding.evidence[0]


@pytest.mark.parametrize(("now", "outcome"), [(5, Outcome.OK), (0, Outcome.UNKNOWN)])
async def test_without_history_it_says_so(kafka: KafkaWorld, now: int, outcome: Outcome) -> None:
    """Messages that flow need no comparison; silence cannot be judged."""
    kafka.seed(now, seconds_ago=30)

    finding = await kafka_traffic(_target(), _estate(kafka))

    assert finding.outcome is outcome
    assert "not enough history" in " ".join((finding.summary, *finding.evidence))


async def test_traffic_of_a_missing_topic_is_unknown(kafka: KafkaWorld) -> None:
    """Never 0."""
    kafka.broker.topics.delete(TOPIC)

    finding = await kafka_traffic(_target(), _estate(kafka))

    assert (finding.outcome, finding.code) == (Outcome.UNKNOWN, "kafka.traffic-unknown")


async def test_traffic_without_permission_is_unknown(kafka: KafkaWorld) -> None:
    """The message names the permission."""
    kafka.account.deny(Resource.TOPIC, TOPIC)

    finding = await _asked("kafka-traffic", _target(), _estate(kafka))

    assert finding.outcome is Outcome.UNKNOWN
    assert "lacks DESCRIBE on the topic" in finding.summary


async def test_a_check_that_is_asked_of_nothing_says_so(kafka: KafkaWorld) -> None:
    """The runner makes it unknown."""
    estate = replace(_estate(kafka), traffic=BrokerTraffic(kafka.link))

    for check in CHECKS.values():
        with pytest.raises(Unreachable, match="no Kafka is configured"):
            await check.run(TARGET, estate)
