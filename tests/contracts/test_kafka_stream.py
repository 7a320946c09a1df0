"""The bot's own questions to Kafka: the same answers from the stand-in and from Apache Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.adapters.kafka import KafkaStream
from bot.adapters.kafka_link import KafkaLink
from bot.adapters.kafka_login import KafkaLogin
from bot.adapters.kafka_traffic import BrokerTraffic
from bot.domain.errors import AccessDenied, NotFound
from bot.domain.kafka import RegularLoad
from bot.domain.kafka_groups import GroupState
from bot.domain.kafka_topics import TopicProblem
from bot.domain.kafka_traffic import windows_until
from lab.estate.kafka import Operation, Resource
from tests.contracts.kafka_clients import consumer, create, produce, take
from tests.contracts.kafka_peers import ACCOUNTS, Peer

LOAD = RegularLoad(window_seconds=60, step_seconds=120, steps=3)


def _link(kafka: Peer, account: str, secret: str = "") -> KafkaLink:
    login = KafkaLogin(
        (kafka.bootstrap,), "SASL_SSL", "PLAIN", account, secret or ACCOUNTS[account], str(kafka.ca_file)
    )
    return KafkaLink(login, deadline_seconds=5.0)


@pytest.fixture
async def admin(kafka: Peer) -> AsyncIterator[KafkaLink]:
    """A key that may do all."""
    link = _link(kafka, "admin")
    yield link
    await link.aclose()


@pytest.fixture
async def limited(kafka: Peer) -> AsyncIterator[KafkaLink]:
    """A key that may do what is not denied."""
    link = _link(kafka, "limited")
    yield link
    await link.aclose()


async def test_a_topic_is_as_it_was_made(kafka: Peer, admin: KafkaLink) -> None:
    """Partitions, replicas, leaders and settings."""
    name = await asyncio.to_thread(create, kafka, "orders", 3, retention_ms="86400000")

    (seen,) = await KafkaStream(admin).topics([name])

    assert (seen.partitions, seen.replication_factor, seen.leaderless) == (3, kafka.replication_factor, ())
    assert seen.settings is not None
    assert seen.settings["retention.ms"] == "86400000"


async def test_a_missing_topic_is_not_made_by_asking(kafka: Peer, admin: KafkaLink) -> None:
    """A diagnosis must not heal."""
    name, stream = kafka.name("missing"), KafkaStream(admin)

    (seen,) = await stream.topics([name])
    with pytest.raises(NotFound):
        await stream.progress("any", name)

    assert seen.problem is TopicProblem.MISSING
    assert name not in await stream.topic_names()


async def test_what_is_denied_is_told_apart(kafka: Peer, limited: KafkaLink) -> None:
    """The topic, its settings alone, and the group."""
    stream, group = KafkaStream(limited), kafka.name("hidden-group")
    hidden = await asyncio.to_thread(create, kafka, "hidden")
    unset = await asyncio.to_thread(create, kafka, "unset")
    await asyncio.to_thread(kafka.deny, Resource.TOPIC, hidden, Operation.ALL)
    await asyncio.to_thread(kafka.deny, Resource.TOPIC, unset, Operation.DESCRIBE_CONFIGS)
    await asyncio.to_thread(kafka.deny, Resource.GROUP, group, Operation.ALL)

    seen = await stream.topics([hidden, unset])

    assert [(each.problem, each.settings) for each in seen] == [(TopicProblem.DENIED, None), (None, None)]
    with pytest.raises(AccessDenied, match="DESCRIBE on the group"):
        await stream.group(group)
    with pytest.raises(AccessDenied, match="DESCRIBE on the group"):
        await stream.progress(group, unset)


async def test_a_group_from_its_first_member_to_its_last(kafka: Peer, admin: KafkaLink) -> None:
    """Dead, stable, empty; what it committed stays."""
    stream, group = KafkaStream(admin), kafka.name("readers")
    topic = await asyncio.to_thread(create, kafka, "read", 2)
    await asyncio.to_thread(lambda: produce(kafka, topic, "a", "b", "c", partition=0))
    before = await stream.group(group)

    def begin() -> None:
        take(reader, 3)
        reader.commit(asynchronous=False)

    with consumer(kafka, group, topic) as reader:
        await asyncio.to_thread(begin)
        await asyncio.to_thread(lambda: produce(kafka, topic, "d", partition=0))
        during, progress = await stream.group(group), await stream.progress(group, topic)
    after = await stream.group(group)

    states = [(each.state, each.members) for each in (before, during, after)]
    assert states == [(GroupState.DEAD, 0), (GroupState.STABLE, 1), (GroupState.EMPTY, 0)]
    assert (progress[0].committed, progress[0].latest, progress[0].lag) == (3, 4, 1)
    assert progress[1].lag in (0, None)


async def test_no_commit_is_no_lag(kafka: Peer, admin: KafkaLink) -> None:
    """For a group that never was."""
    topic = await asyncio.to_thread(create, kafka, "unread")
    await asyncio.to_thread(lambda: produce(kafka, topic, "a"))

    (progress,) = await KafkaStream(admin).progress(kafka.name("nobody"), topic)

    assert (progress.latest, progress.committed, progress.lag) == (1, None, None)


async def test_traffic_is_counted_by_the_messages_own_times(kafka: Peer, admin: KafkaLink) -> None:
    """Three now, two and one before; nothing says how it was earlier than that."""
    topic, now = await asyncio.to_thread(create, kafka, "busy", 2), datetime.now(UTC)

    def write(count: int, seconds_ago: int) -> None:
        moment = int((now - timedelta(seconds=seconds_ago)).timestamp() * 1000)
        for number in range(count):
            produce(kafka, topic, "x", partition=number % 2, timestamp=moment)

    for count, seconds_ago in ((1, 270), (2, 150), (3, 30)):
        await asyncio.to_thread(write, count, seconds_ago)

    (seen,) = await BrokerTraffic(admin).messages([topic], windows_until(now, LOAD))

    assert [None if each is None else each.messages for each in seen.figures] == [3, 2, None, None]


async def test_a_wrong_secret_is_named(kafka: Peer) -> None:
    """Long before the deadline."""
    link = _link(kafka, "admin", "planted-wrong-secret")

    with pytest.raises(AccessDenied, match="refused our API key"):
        await KafkaStream(link).topics(["any"])
    await link.aclose()
