"""Topics, groups and offsets through librdkafka, against a broker that speaks the protocol."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaError

from bot.adapters.kafka import KafkaStream
from bot.adapters.kafka_errors import LastErrors, translated
from bot.adapters.kafka_link import KafkaLink
from bot.adapters.kafka_login import KafkaLogin
from bot.domain.errors import AccessDenied, BadAnswer, NotFound, RateLimited, SfintError, Unreachable
from bot.domain.kafka_groups import GroupState, PartitionProgress
from bot.domain.kafka_topics import TopicProblem
from lab.estate.kafka import KafkaStandIn, Operation, Resource
from tests.kafka_world import GROUP, TOPIC, KafkaWorld, kafka_world


@pytest.fixture
async def kafka() -> AsyncIterator[KafkaWorld]:
    """A broker of one's own."""
    async with kafka_world() as world:
        yield world


async def test_a_topic_is_read_with_its_settings(kafka: KafkaWorld) -> None:
    """Partitions, replication factor and what is configured."""
    (seen,) = await kafka.stream.topics([TOPIC])

    assert (seen.partitions, seen.replication_factor, seen.leaderless, seen.problem) == (3, 3, (), None)
    assert seen.settings is not None
    assert seen.settings["retention.ms"] == "604800000"


async def test_a_missing_topic_is_a_view_and_is_not_created_by_asking(kafka: KafkaWorld) -> None:
    """In the order in which they were asked for."""
    missing, there = await kafka.stream.topics(["nobody-made-this", TOPIC])

    assert (missing.problem, there.problem) == (TopicProblem.MISSING, None)
    assert kafka.broker.topics.names() == [TOPIC]
    assert await kafka.stream.topic_names() == (TOPIC,)


async def test_a_forbidden_topic_is_a_view_too(kafka: KafkaWorld) -> None:
    """It says nothing about the topic."""
    kafka.account.deny(Resource.TOPIC, TOPIC)

    (seen,) = await kafka.stream.topics([TOPIC])

    assert seen.problem is TopicProblem.DENIED


async def test_forbidden_settings_leave_the_rest(kafka: KafkaWorld) -> None:
    """Not empty: unknown."""
    kafka.account.deny(Resource.TOPIC, TOPIC, Operation.DESCRIBE_CONFIGS)

    (seen,) = await kafka.stream.topics([TOPIC])

    assert (seen.partitions, seen.settings) == (3, None)


async def test_a_group_that_never_was_is_dead(kafka: KafkaWorld) -> None:
    """Groups appear on the first join; asking is no error."""
    seen = await kafka.stream.group("nobody-joined")

    assert (seen.state, seen.members) == (GroupState.DEAD, 0)


async def test_a_group_with_a_member_is_stable(kafka: KafkaWorld) -> None:
    """And empty once the member has gone."""
    async with kafka.consuming():
        during = await kafka.stream.group(GROUP)
    after = await kafka.stream.group(GROUP)

    assert (during.state, during.members) == (GroupState.STABLE, 1)
    assert (after.state, after.members) == (GroupState.EMPTY, 0)


async def test_a_forbidden_group_names_the_permission(kafka: KafkaWorld) -> None:
    """What to ask for."""
    kafka.account.deny(Resource.GROUP, GROUP)

    with pytest.raises(AccessDenied, match="lacks DESCRIBE on the group"):
        await kafka.stream.group(GROUP)


async def test_lag_is_latest_less_committed_and_unknown_without_a_commit(kafka: KafkaWorld) -> None:
    """One partition read to the end, one half-way, one never."""
    kafka.seed(30, seconds_ago=60)
    kafka.commit({0: 10, 1: 4})

    seen = await kafka.stream.progress(GROUP, TOPIC)

    assert seen == (
        PartitionProgress(0, 0, 10, 10),
        PartitionProgress(1, 0, 10, 4),
        PartitionProgress(2, 0, 10, None),
    )
    assert [each.lag for each in seen] == [0, 6, None]


async def test_progress_on_a_missing_topic_is_not_found(kafka: KafkaWorld) -> None:
    """Rather than no partitions."""
    with pytest.raises(NotFound):
        await kafka.stream.progress(GROUP, "nobody-made-this")


async def test_a_wrong_key_is_named_and_not_waited_for(kafka: KafkaWorld) -> None:
    """librdkafka ends such a request as a time-out; a refused log-in does not heal itself."""
    link = kafka.another_link(api_secret="planted-wrong-secret", deadline_seconds=60.0)

    async with asyncio.timeout(20):
        with pytest.raises(AccessDenied, match="refused our API key") as caught:
            await KafkaStream(link).topics([TOPIC])

    assert "planted" not in str(caught.value)
    await link.aclose()


async def test_a_refused_connection_is_named_at_the_deadline(kafka: KafkaWorld) -> None:
    """Until then it is tried again: most transport errors heal themselves."""
    await kafka.broker.go_down()

    with pytest.raises(Unreachable, match="Connection refused"):
        await kafka.stream.group(GROUP)
    assert not kafka.link.is_open, "the next question must not wait for this client's back-off"


async def test_a_broker_that_comes_up_within_the_deadline_is_found(kafka: KafkaWorld) -> None:
    """No error at all."""
    await kafka.broker.go_down()
    asked = asyncio.ensure_future(kafka.stream.topics([TOPIC]))
    await asyncio.sleep(0.1)

    await kafka.broker.come_up()

    (seen,) = await asked
    assert seen.partitions == 3


async def test_a_broker_that_went_and_came_back_is_found_again(kafka: KafkaWorld) -> None:
    """The same client: nothing of the outage is left."""
    await kafka.stream.topics([TOPIC])
    await kafka.broker.go_down()
    with pytest.raises(Unreachable):
        await kafka.stream.topics([TOPIC])

    await kafka.broker.come_up()

    (seen,) = await kafka.stream.topics([TOPIC])
    assert seen.partitions == 3


@pytest.mark.parametrize(("fault", "error"), [("is_silent", Unreachable), ("answers_garbage", SfintError)])
async def test_silence_and_garbage_end_at_the_deadline(
    kafka: KafkaWorld, fault: str, error: type[SfintError]
) -> None:
    """Whatever is on the other side."""
    setattr(kafka.broker.faults, fault, True)
    async with asyncio.timeout(60.0):
        with pytest.raises(error):
            await kafka.stream.topics([TOPIC])
        with pytest.raises(SfintError):
            await kafka.stream.topic_names()


async def test_settings_that_librdkafka_does_not_take_are_told() -> None:
    """A folder where a certificate should be."""
    link = KafkaLink(
        KafkaLogin(("127.0.0.1:9",), "SASL_SSL", "PLAIN", "key", "secret", "/proc/self/environ"),
        deadline_seconds=0.5,
    )

    with pytest.raises(Unreachable, match="does not take these settings"):
        await KafkaStream(link).topics([TOPIC])


async def test_an_answer_that_nobody_waits_for_is_let_go(kafka: KafkaWorld) -> None:
    """A check that is cut off at its deadline leaves nothing behind, and the next one is served."""
    kafka.broker.faults.delay_seconds = 0.3
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await kafka.stream.topics([TOPIC])
    kafka.broker.faults.clear()

    (seen,) = await kafka.stream.topics([TOPIC])

    assert seen.partitions == 3


async def test_the_client_goes_when_nobody_asks(kafka: KafkaWorld, capfd: pytest.CaptureFixture[str]) -> None:
    """No thread tries for days to reach a broker that is away, and nothing reaches standard error."""
    link = KafkaLink(kafka.link.login, deadline_seconds=0.5, idle_seconds=0.1)
    before = threading.active_count()
    await KafkaStream(link).topics([TOPIC])
    assert link.is_open
    await kafka.broker.go_down()
    end = time.monotonic() + 10.0
    while link.is_open:
        assert time.monotonic() < end
        await asyncio.sleep(0.02)
    await link.aclose()

    assert threading.active_count() <= before + 1
    assert capfd.readouterr().err == ""


async def test_tls_is_verified_by_the_configured_authority(tmp_path: Path) -> None:
    """And refused without it."""
    async with KafkaStandIn() as broker:
        account = broker.accounts.add("CLUSTERKEY000001")
        broker.topics.create(TOPIC, 3)
        ca_file = str(broker.certificate.write_authority(tmp_path / "ca.pem"))
        login = ((broker.bootstrap,), "SASL_SSL", "PLAIN", account.key, account.secret)
        trusting = KafkaLink(KafkaLogin(*login, ca_file), deadline_seconds=2.0)
        strict = KafkaLink(KafkaLogin(*login), deadline_seconds=1.0)

        assert await KafkaStream(trusting).topic_names() == (TOPIC,)
        with pytest.raises(Unreachable, match="certificate"):
            await KafkaStream(strict).topics([TOPIC])
        await trusting.aclose()
        await strict.aclose()


def test_a_log_in_that_was_cut_off_is_not_refused() -> None:
    """The key is not at fault when the broker goes away in the middle; librdkafka uses the same code."""
    cut = KafkaError(
        KafkaError._AUTHENTICATION, "SASL PLAIN mechanism handshake failed: Local: Broker transport failure"
    )
    told = LastErrors("broker:9092", 1.0)

    told.note(cut)

    assert told.refusal_since(0.0) is None
    assert type(translated(cut, "broker")) is Unreachable
    assert type(told.explain(KafkaError(KafkaError._TIMED_OUT), 0.0)) is Unreachable


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (KafkaError._AUTHENTICATION, AccessDenied),
        (KafkaError.SASL_AUTHENTICATION_FAILED, AccessDenied),
        (KafkaError.CLUSTER_AUTHORIZATION_FAILED, AccessDenied),
        (KafkaError._ALL_BROKERS_DOWN, Unreachable),
        (KafkaError.COORDINATOR_LOAD_IN_PROGRESS, Unreachable),
        (KafkaError.THROTTLING_QUOTA_EXCEEDED, RateLimited),
        (KafkaError.UNKNOWN_TOPIC_OR_PART, NotFound),
        (KafkaError._BAD_MSG, BadAnswer),
    ],
)
def test_errors_have_a_place_in_the_tree(code: int, error: type[SfintError]) -> None:
    """What a broker may not answer is outside the contract."""
    assert type(translated(KafkaError(code), "broker")) is error
