"""Consumer groups as Apache Kafka coordinates them: membership, sharing, offsets, and what of a group is told."""

from __future__ import annotations

import json
import subprocess
import sys

from confluent_kafka import (
    Consumer,
    ConsumerGroupState,
    ConsumerGroupTopicPartitions,
    KafkaException,
    TopicPartition,
)

from tests.contracts.kafka_clients import (
    SECONDS,
    consumer,
    create,
    only,
    partitions,
    produce,
    refusal,
    take,
    until,
)
from tests.contracts.kafka_peers import Peer

_VANISHING_CONSUMER = """
import json, sys
from confluent_kafka import Consumer
options, topic = json.loads(sys.argv[1]), sys.argv[2]
reader = Consumer(options)
reader.subscribe([topic])
while not reader.assignment():
    reader.poll(0.1)
print("joined", flush=True)
while True:
    reader.poll(0.1)
"""


def _described(kafka: Peer, group: str):  # type: ignore[no-untyped-def]  # the class is not exported
    return only(kafka.admin().describe_consumer_groups([group]))


def _state(kafka: Peer, group: str) -> ConsumerGroupState:
    state = _described(kafka, group).state
    assert isinstance(state, ConsumerGroupState)
    return state


def _committed(kafka: Peer, group: str, *asked: TopicPartition) -> dict[int, int]:
    wanted = ConsumerGroupTopicPartitions(group, list(asked) or None)
    found = only(kafka.admin().list_consumer_group_offsets([wanted]))
    return {one.partition: one.offset for one in found.topic_partitions}


def _share(kafka: Peer, one: Consumer, two: Consumer, sizes: list[int]) -> None:
    """Until the two hold so many partitions, whoever holds which."""

    def holds() -> bool:
        one.poll(0.05)
        two.poll(0.05)
        return sorted(len(each.assignment()) for each in (one, two)) == sizes

    until(holds, f"the partitions are shared as {sizes}")


def test_a_group_that_never_was_is_dead_and_empty(kafka: Peer) -> None:
    """No error, no members; and nothing that could be deleted."""
    name = kafka.name("nobody")

    found = _described(kafka, name)
    assert found.state == ConsumerGroupState.DEAD
    assert found.members == []
    assert refusal(kafka.admin().delete_consumer_groups([name])) == "GROUP_ID_NOT_FOUND"


def test_a_consumer_that_joins_makes_the_group(kafka: Peer) -> None:
    """Stable, with the member, its host and all partitions; Empty when it has left."""
    topic, group = create(kafka, "read", 3), kafka.name("group")
    produce(kafka, topic, "a", partition=0)

    with consumer(kafka, group, topic, **{"client.id": "reader-1"}) as reader:
        take(reader, 1)
        found = _described(kafka, group)
        assert found.state == ConsumerGroupState.STABLE
        assert found.partition_assignor == "range"
        (member,) = found.members
        assert (member.client_id, member.host) == ("reader-1", "/127.0.0.1")
        assert sorted(one.partition for one in member.assignment.topic_partitions) == [0, 1, 2]
    until(lambda: _state(kafka, group) == ConsumerGroupState.EMPTY, "the group is empty")


def test_two_consumers_share_the_partitions(kafka: Peer) -> None:
    """And the one that stays takes over what the other leaves."""
    topic, group = create(kafka, "shared", 4), kafka.name("group")
    with consumer(kafka, group, topic) as one:
        with consumer(kafka, group, topic) as two:
            _share(kafka, one, two, [2, 2])
            assert len(_described(kafka, group).members) == 2
        until(lambda: one.poll(0.05) is None and len(one.assignment()) == 4, "one has all")


def test_a_consumer_that_vanishes_is_expelled(kafka: Peer) -> None:
    """Its session runs out, and a new one gets its partitions."""
    topic, group = create(kafka, "left", 2), kafka.name("group")
    options = json.dumps(kafka.options(**{"group.id": group, "session.timeout.ms": 6_000}))
    vanishing = subprocess.Popen(
        [sys.executable, "-c", _VANISHING_CONSUMER, options, topic], stdout=subprocess.PIPE
    )
    assert vanishing.stdout is not None
    with vanishing.stdout:
        assert vanishing.stdout.readline() == b"joined\n"
        vanishing.kill()
        vanishing.wait()

    assert len(_described(kafka, group).members) == 1
    with consumer(kafka, group, topic) as reader:
        until(lambda: reader.poll(0.05) is None and len(reader.assignment()) == 2, "the partitions moved")
        assert len(_described(kafka, group).members) == 1


def test_committed_offsets_are_kept_and_gone_on_from(kafka: Peer) -> None:
    """By the next consumer of the group, after the first has left."""
    topic, group = create(kafka, "kept"), kafka.name("group")
    produce(kafka, topic, "a", "b", "c")
    with consumer(kafka, group, topic, **{"enable.auto.commit": False}) as first:
        (message, *_) = take(first, 2)
        first.commit(message, asynchronous=False)

    assert _committed(kafka, group, TopicPartition(topic, 0)) == {0: 1}
    with consumer(kafka, group, topic) as second:
        assert [one.value() for one in take(second, 2)] == [b"b", b"c"]


def test_a_partition_without_a_commit_has_no_offset(kafka: Peer) -> None:
    """-1001, and never 0."""
    topic, group = create(kafka, "uncommitted", 2), kafka.name("group")
    produce(kafka, topic, "a", partition=0)
    with consumer(kafka, group, topic, **{"enable.auto.commit": False}) as reader:
        reader.commit(take(reader, 1)[0], asynchronous=False)

    assert _committed(kafka, group, *partitions(topic, 2)) == {0: 1, 1: -1001}
    assert _committed(kafka, group) == {0: 1}
    assert _committed(kafka, kafka.name("nobody"), TopicPartition(topic, 0)) == {0: -1001}


def test_offsets_are_set_from_outside_while_nobody_reads(kafka: Peer) -> None:
    """And refused while somebody does."""
    topic, group = create(kafka, "set"), kafka.name("group")
    produce(kafka, topic, "a", "b")
    wanted = [ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 0, 1)])]

    only(kafka.admin().alter_consumer_group_offsets(wanted))
    assert _committed(kafka, group, TopicPartition(topic, 0)) == {0: 1}
    assert _state(kafka, group) == ConsumerGroupState.EMPTY
    with consumer(kafka, group, topic) as reader:
        assert [one.value() for one in take(reader, 1)] == [b"b"]
        try:
            result = only(kafka.admin().alter_consumer_group_offsets(wanted))
            problems = {one.error.name() for one in result.topic_partitions if one.error is not None}
        except KafkaException as error:
            problems = {error.args[0].name()}
        assert problems == {"UNKNOWN_MEMBER_ID"}


def test_only_a_group_without_members_can_be_deleted(kafka: Peer) -> None:
    """NON_EMPTY_GROUP before, and nothing left afterwards."""
    topic, group = create(kafka, "ended"), kafka.name("group")
    produce(kafka, topic, "a")
    with consumer(kafka, group, topic) as reader:
        take(reader, 1)
        assert refusal(kafka.admin().delete_consumer_groups([group])) == "NON_EMPTY_GROUP"

    only(kafka.admin().delete_consumer_groups([group]))
    assert _state(kafka, group) == ConsumerGroupState.DEAD


def test_groups_are_listed_by_their_state(kafka: Peer) -> None:
    """All of them, or those of one state."""
    topic, group = create(kafka, "listed"), kafka.name("group")

    def listed(*states: ConsumerGroupState) -> set[str]:
        found = kafka.admin().list_consumer_groups(states=set(states)).result(SECONDS)
        assert found.errors == []
        return {one.group_id for one in found.valid}

    produce(kafka, topic, "a")
    with consumer(kafka, group, topic) as reader:
        take(reader, 1)
        assert group in listed()
        assert group in listed(ConsumerGroupState.STABLE)
        assert group not in listed(ConsumerGroupState.EMPTY)
    until(lambda: group in listed(ConsumerGroupState.EMPTY), "the group is empty")
