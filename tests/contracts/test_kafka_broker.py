"""Topics, settings, records and offsets, as a broker of Apache Kafka treats confluent-kafka's clients."""

from __future__ import annotations

import time
from typing import Any

import pytest
from confluent_kafka import KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ConfigSource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

from tests.contracts.kafka_clients import (
    SECONDS,
    consumer,
    create,
    next_error,
    only,
    partitions,
    produce,
    refusal,
    take,
    until,
)
from tests.contracts.kafka_peers import Peer

MINUTE_MS = 60_000


def _offsets(kafka: Peer, topic: str, count: int, spec: OffsetSpec) -> list[int]:
    futures = kafka.admin().list_offsets(dict.fromkeys(partitions(topic, count), spec))
    return [future.result(SECONDS).offset for _, future in sorted(futures.items(), key=lambda it: it[0].partition)]


def _settings(kafka: Peer, topic: str) -> dict[str, Any]:
    resource = ConfigResource(ResourceType.TOPIC, topic)
    return dict(only(kafka.admin().describe_configs([resource])))


def _now_ms() -> int:
    return int(time.time() * 1000)


def test_the_cluster_tells_who_belongs_to_it(kafka: Peer) -> None:
    """An id, and a controller among the nodes."""
    found = kafka.admin().describe_cluster().result(SECONDS)

    assert found.cluster_id
    assert found.controller.id in {node.id for node in found.nodes}


def test_a_created_topic_has_its_partitions_and_replicas(kafka: Peer) -> None:
    """As the metadata tells."""
    name = create(kafka, "made", 6)

    found = kafka.admin().list_topics(name, timeout=SECONDS).topics[name]
    assert sorted(found.partitions) == [0, 1, 2, 3, 4, 5]
    assert {len(one.replicas) for one in found.partitions.values()} == {kafka.replication_factor}
    assert all(one.leader in one.isrs for one in found.partitions.values())


def test_asking_for_a_topic_does_not_create_it(kafka: Peer) -> None:
    """Auto-create is off: it stays unknown."""
    name = kafka.name("nowhere")

    found = kafka.admin().list_topics(name, timeout=SECONDS).topics[name]
    assert found.error.name() == "UNKNOWN_TOPIC_OR_PART"
    assert name not in kafka.admin().list_topics(timeout=SECONDS).topics


def test_a_topic_that_exists_is_not_made_again(kafka: Peer) -> None:
    """TOPIC_ALREADY_EXISTS."""
    name = create(kafka, "twice")

    again = NewTopic(name, 1, kafka.replication_factor)
    assert refusal(kafka.admin().create_topics([again])) == "TOPIC_ALREADY_EXISTS"


def test_a_replication_factor_that_the_cluster_does_not_take_is_refused(kafka: Peer) -> None:
    """By a policy where there is one, else because there are not so many brokers."""
    factor, code = kafka.refused_replication

    assert refusal(kafka.admin().create_topics([NewTopic(kafka.name("odd"), 1, factor)])) == code


@pytest.mark.parametrize("config", [{"no.such.setting": "1"}, {"retention.ms": "a week"}])
def test_an_impossible_setting_is_refused(kafka: Peer, config: dict[str, str]) -> None:
    """INVALID_CONFIG, for an unknown name and for a value that is no number."""
    topic = NewTopic(kafka.name("misset"), 1, kafka.replication_factor, config=config)

    assert refusal(kafka.admin().create_topics([topic])) == "INVALID_CONFIG"


def test_a_name_that_no_topic_can_have_is_refused(kafka: Peer) -> None:
    """TOPIC_EXCEPTION, the protocol's INVALID_TOPIC_EXCEPTION."""
    topic = NewTopic("no/such/name", 1, kafka.replication_factor)

    assert refusal(kafka.admin().create_topics([topic])) == "TOPIC_EXCEPTION"


def test_a_creation_may_be_only_tried(kafka: Peer) -> None:
    """Nothing is there afterwards."""
    name = kafka.name("tried")

    only(kafka.admin().create_topics([NewTopic(name, 1, kafka.replication_factor)], validate_only=True))
    assert name not in kafka.admin().list_topics(timeout=SECONDS).topics


def test_a_deleted_topic_is_gone(kafka: Peer) -> None:
    """And cannot be deleted again."""
    name = create(kafka, "gone")

    only(kafka.admin().delete_topics([name]))
    until(lambda: name not in kafka.admin().list_topics(timeout=SECONDS).topics, "it is gone")
    assert refusal(kafka.admin().delete_topics([name])) == "UNKNOWN_TOPIC_OR_PART"


def test_a_topic_only_ever_gets_more_partitions(kafka: Peer) -> None:
    """INVALID_PARTITIONS for fewer, and for as many."""
    name = create(kafka, "growing", 2)
    admin = kafka.admin()

    only(admin.create_partitions([NewPartitions(name, 4)]))
    until(lambda: len(kafka.admin().list_topics(name, timeout=SECONDS).topics[name].partitions) == 4, "four")
    assert refusal(admin.create_partitions([NewPartitions(name, 3)])) == "INVALID_PARTITIONS"
    assert refusal(admin.create_partitions([NewPartitions(name, 4)])) == "INVALID_PARTITIONS"
    unknown = NewPartitions(kafka.name("nowhere"), 3)
    assert refusal(admin.create_partitions([unknown])) == "UNKNOWN_TOPIC_OR_PART"


def test_settings_tell_where_they_come_from(kafka: Peer) -> None:
    """What was set is the topic's own; the rest are defaults."""
    name = create(kafka, "set", retention_ms="86400000")

    found = _settings(kafka, name)
    assert found["retention.ms"].value == "86400000"
    assert found["retention.ms"].source == ConfigSource.DYNAMIC_TOPIC_CONFIG.value
    assert not found["retention.ms"].is_default
    assert found["cleanup.policy"].value == "delete"
    assert found["cleanup.policy"].is_default


def test_the_settings_of_an_unknown_topic_are_unknown(kafka: Peer) -> None:
    """UNKNOWN_TOPIC_OR_PART."""
    resource = ConfigResource(ResourceType.TOPIC, kafka.name("nowhere"))

    assert refusal(kafka.admin().describe_configs([resource])) == "UNKNOWN_TOPIC_OR_PART"


def test_a_setting_can_be_changed_and_taken_back(kafka: Peer) -> None:
    """One at a time, and an unknown one not at all."""
    name = create(kafka, "changed")
    admin = kafka.admin()

    def alter(setting: str, value: str, operation: AlterConfigOpType) -> dict[Any, Any]:
        entry = ConfigEntry(setting, value, incremental_operation=operation)
        resource = ConfigResource(ResourceType.TOPIC, name, incremental_configs=[entry])
        return dict(admin.incremental_alter_configs([resource]))

    only(alter("retention.ms", "3600000", AlterConfigOpType.SET))
    until(lambda: _settings(kafka, name)["retention.ms"].value == "3600000", "an hour")
    only(alter("retention.ms", "", AlterConfigOpType.DELETE))
    until(lambda: _settings(kafka, name)["retention.ms"].value == "604800000", "the default of a week")
    assert refusal(alter("no.such.setting", "1", AlterConfigOpType.SET)) == "INVALID_CONFIG"


def test_what_is_produced_is_consumed(kafka: Peer) -> None:
    """Key, value, headers, timestamp, and offsets from 0 on."""
    name, moment = create(kafka, "through"), _now_ms() - 3 * MINUTE_MS
    produce(kafka, name, "a", "b", key="k", headers=[("h", b"1")], timestamp=moment)

    with consumer(kafka, kafka.name("reader"), name) as reader:
        found = take(reader, 2)
    assert [(one.key(), one.value(), one.offset()) for one in found] == [(b"k", b"a", 0), (b"k", b"b", 1)]
    assert found[0].headers() == [("h", b"1")]
    assert found[0].timestamp()[1] == moment


@pytest.mark.parametrize("compression", ["gzip", "lz4", "zstd", "snappy"])
def test_compressed_batches_come_through(kafka: Peer, compression: str) -> None:
    """The broker stores them as they are."""
    name = create(kafka, "packed")
    produce(kafka, name, *["the same text"] * 50, compression_type=compression, linger_ms=50)

    with consumer(kafka, kafka.name("reader"), name) as reader:
        found = take(reader, 50)
    assert [one.offset() for one in found] == list(range(50))
    assert {one.value() for one in found} == {b"the same text"}


def test_an_idempotent_producer_is_served(kafka: Peer) -> None:
    """It gets its id and writes."""
    name = create(kafka, "once")

    delivered = produce(kafka, name, "a", "b", "c", enable_idempotence=True)
    assert [one.offset() for one in delivered] == [0, 1, 2]


def test_a_message_that_waits_for_nobody_is_stored(kafka: Peer) -> None:
    """acks=0: no answer, but a record."""
    name = create(kafka, "unanswered")

    produce(kafka, name, "a", request_required_acks=0)
    until(lambda: _offsets(kafka, name, 1, OffsetSpec.latest()) == [1], "it is stored")


def test_a_message_over_the_topic_s_limit_is_refused(kafka: Peer) -> None:
    """MSG_SIZE_TOO_LARGE."""
    name = create(kafka, "small", max_message_bytes="1000")

    with pytest.raises(KafkaException) as caught:
        produce(kafka, name, "x" * 5000)
    assert caught.value.args[0].name() == "MSG_SIZE_TOO_LARGE"


def test_producing_to_an_unknown_topic_fails(kafka: Peer) -> None:
    """The topic is not made for it."""
    with pytest.raises(KafkaException) as caught:
        produce(kafka, kafka.name("nowhere"), "a", message_timeout_ms=3_000)

    assert caught.value.args[0].name() in ("_UNKNOWN_TOPIC", "_MSG_TIMED_OUT", "UNKNOWN_TOPIC_OR_PART")


def test_offsets_are_told_for_both_ends_and_for_moments(kafka: Peer) -> None:
    """By the records' own timestamps, also in the middle of a batch; -1 where nothing is so young."""
    name, now = create(kafka, "timed", 2), _now_ms()
    for minutes_ago in (30, 20, 10):
        produce(kafka, name, "a", partition=0, timestamp=now - minutes_ago * MINUTE_MS)

    def since(minutes_ago: int) -> list[int]:
        return _offsets(kafka, name, 2, OffsetSpec.for_timestamp(now - minutes_ago * MINUTE_MS))

    assert _offsets(kafka, name, 2, OffsetSpec.earliest()) == [0, 0]
    assert _offsets(kafka, name, 2, OffsetSpec.latest()) == [3, 0]
    assert _offsets(kafka, name, 2, OffsetSpec.max_timestamp()) == [2, -1]
    assert [since(60), since(20), since(15), since(5)] == [[0, -1], [1, -1], [2, -1], [-1, -1]]


def test_a_moment_inside_a_batch_is_found(kafka: Peer) -> None:
    """Not the batch's first record."""
    name, now = create(kafka, "inside"), _now_ms()
    with consumer(kafka, kafka.name("unused")) as reader:
        _produce_in_one_batch(kafka, name, [now - minutes * MINUTE_MS for minutes in (30, 20, 10)])

        (found,) = reader.offsets_for_times([TopicPartition(name, 0, now - 25 * MINUTE_MS)], timeout=SECONDS)
    assert found.offset == 1


def _produce_in_one_batch(kafka: Peer, topic: str, moments: list[int]) -> None:

    producer = Producer(kafka.options(**{"linger.ms": 200}))
    for moment in moments:
        producer.produce(topic, "a", timestamp=moment)
    assert producer.flush(SECONDS) == 0


def test_the_offsets_of_an_unknown_topic_are_unknown(kafka: Peer) -> None:
    """librdkafka finds no leader to ask, and says _NOENT itself."""
    asked = {TopicPartition(kafka.name("nowhere"), 0): OffsetSpec.latest()}

    assert refusal(kafka.admin().list_offsets(asked)) == "_NOENT"


def test_retention_takes_old_messages(kafka: Peer) -> None:
    """The earliest offset moves, the latest stays."""
    name = create(kafka, "forgetful", retention_ms=str(10 * MINUTE_MS), segment_bytes="1048576")
    produce(kafka, name, "old", "old", timestamp=_now_ms() - 60 * MINUTE_MS)

    until(lambda: _offsets(kafka, name, 1, OffsetSpec.earliest()) == [2], "the old ones are gone")
    assert _offsets(kafka, name, 1, OffsetSpec.latest()) == [2]


def test_reading_from_an_offset_that_is_not_there_is_an_error(kafka: Peer) -> None:
    """Where the consumer has not said what to do then."""
    name = create(kafka, "beyond")

    with consumer(kafka, kafka.name("reader"), **{"auto.offset.reset": "error"}) as reader:
        reader.assign([TopicPartition(name, 0, 100)])
        assert next_error(reader) == "_AUTO_OFFSET_RESET"


def test_a_waiting_reader_gets_a_message_at_once(kafka: Peer) -> None:
    """A fetch waits at the broker, and a new record ends the wait."""
    name = create(kafka, "awaited")
    with consumer(kafka, kafka.name("reader"), **{"fetch.wait.max.ms": 10_000}) as reader:
        reader.assign([TopicPartition(name, 0, 0)])
        assert reader.poll(1.0) is None
        produce(kafka, name, "a")
        produced = time.monotonic()

        take(reader, 1)
    assert time.monotonic() - produced < 5.0
