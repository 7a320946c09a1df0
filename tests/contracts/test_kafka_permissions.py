"""What a broker of Apache Kafka says to whom it does not let in, or not so far."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from confluent_kafka import (
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from lab.estate.kafka import Operation, Resource
from tests.contracts.kafka_clients import SECONDS, consumer, create, next_error, only, produce, refusal
from tests.contracts.kafka_peers import Peer


@pytest.fixture
def limited(kafka: Peer) -> AdminClient:
    """The client of the account that something is denied."""
    return kafka.admin("limited")


def _describe_configs(admin: AdminClient, kind: ResourceType, name: str) -> dict[Any, Any]:
    return dict(admin.describe_configs([ConfigResource(kind, name)]))


def test_a_wrong_secret_is_told_by_the_error_callback(kafka: Peer) -> None:
    """_AUTHENTICATION; the question itself only ends in _TRANSPORT."""
    told: list[str] = []
    heard = threading.Event()

    def note(error: KafkaError) -> None:
        told.append(error.name())
        heard.set()

    options = kafka.options(**{"sasl.password": "wrong", "error_cb": note})
    admin = AdminClient(options)
    with pytest.raises(KafkaException) as caught:
        admin.list_topics(timeout=2)
    for _ in range(50):
        if not heard.is_set():
            admin.poll(0.1)
    assert caught.value.args[0].name() == "_TRANSPORT"
    assert "_AUTHENTICATION" in told


def test_an_unknown_key_is_not_let_in(kafka: Peer) -> None:
    """As little as a wrong secret."""
    admin = AdminClient(kafka.options(**{"sasl.username": "nobody", "error_cb": lambda error: None}))

    with pytest.raises(KafkaException) as caught:
        admin.list_topics(timeout=2)
    assert caught.value.args[0].name() == "_TRANSPORT"


def test_a_denied_topic_is_hidden_and_named_as_denied(kafka: Peer, limited: AdminClient) -> None:
    """Left out of the list; whoever names it is told."""
    topic = create(kafka, "secret")
    kafka.deny(Resource.TOPIC, topic, Operation.ALL)

    assert topic not in limited.list_topics(timeout=SECONDS).topics
    assert topic in kafka.admin().list_topics(timeout=SECONDS).topics
    named = limited.list_topics(topic, timeout=SECONDS).topics[topic]
    assert named.error.name() == "TOPIC_AUTHORIZATION_FAILED"
    described = limited.describe_topics(TopicCollection([topic]))
    assert refusal(described) == "TOPIC_AUTHORIZATION_FAILED"
    assert refusal(_describe_configs(limited, ResourceType.TOPIC, topic)) == "TOPIC_AUTHORIZATION_FAILED"


def test_the_settings_alone_can_be_denied(kafka: Peer, limited: AdminClient) -> None:
    """The topic is seen, its settings are not."""
    topic = create(kafka, "unset")
    kafka.deny(Resource.TOPIC, topic, Operation.DESCRIBE_CONFIGS)

    assert topic in limited.list_topics(timeout=SECONDS).topics
    assert refusal(_describe_configs(limited, ResourceType.TOPIC, topic)) == "TOPIC_AUTHORIZATION_FAILED"


def test_writing_alone_can_be_denied(kafka: Peer, limited: AdminClient) -> None:
    """The producer is told, the reader reads."""
    topic = create(kafka, "printed")
    kafka.deny(Resource.TOPIC, topic, Operation.WRITE)

    with pytest.raises(KafkaException) as caught:
        produce(kafka, topic, "a", account="limited")
    assert caught.value.args[0].name() == "TOPIC_AUTHORIZATION_FAILED"
    assert topic in limited.list_topics(timeout=SECONDS).topics


def test_reading_alone_can_be_denied(kafka: Peer) -> None:
    """The consumer is handed TOPIC_AUTHORIZATION_FAILED."""
    topic = create(kafka, "unread")
    produce(kafka, topic, "a")
    kafka.deny(Resource.TOPIC, topic, Operation.READ)

    with consumer(kafka, kafka.name("group"), account="limited") as reader:
        reader.assign([TopicPartition(topic, 0, 0)])
        assert next_error(reader) == "TOPIC_AUTHORIZATION_FAILED"


def test_topics_are_made_and_deleted_by_right_of_the_topic_or_of_the_cluster(
    kafka: Peer, limited: AdminClient
) -> None:
    """TOPIC_AUTHORIZATION_FAILED only where both are denied."""
    name = kafka.name("contested")
    topic = NewTopic(name, 1, kafka.replication_factor)
    for operation in (Operation.CREATE, Operation.DELETE):
        kafka.deny(Resource.TOPIC, name, operation)

    only(limited.create_topics([topic]))
    only(limited.delete_topics([name]))
    for operation in (Operation.CREATE, Operation.DELETE):
        kafka.deny(Resource.CLUSTER, "kafka-cluster", operation)
    assert refusal(limited.create_topics([topic])) == "TOPIC_AUTHORIZATION_FAILED"
    only(kafka.admin().create_topics([topic]))
    assert refusal(limited.delete_topics([name])) == "TOPIC_AUTHORIZATION_FAILED"


def test_a_denied_group_tells_nothing(kafka: Peer, limited: AdminClient) -> None:
    """GROUP_AUTHORIZATION_FAILED, whatever is asked of it."""
    topic, group = create(kafka, "common"), kafka.name("group")
    wanted = [ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 0, 0)])]
    only(kafka.admin().alter_consumer_group_offsets(wanted))
    kafka.deny(Resource.GROUP, group, Operation.ALL)

    assert refusal(limited.describe_consumer_groups([group])) == "GROUP_AUTHORIZATION_FAILED"
    asked = [ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 0)])]
    assert refusal(limited.list_consumer_group_offsets(asked)) == "GROUP_AUTHORIZATION_FAILED"


def test_only_who_may_look_at_the_cluster_sees_denied_groups_in_the_list(
    kafka: Peer, limited: AdminClient
) -> None:
    """With DESCRIBE on the cluster all of them, without it those that may be described."""
    topic, group, other = create(kafka, "common"), kafka.name("group"), kafka.name("other")
    for one in (group, other):
        wanted = [ConsumerGroupTopicPartitions(one, [TopicPartition(topic, 0, 0)])]
        only(kafka.admin().alter_consumer_group_offsets(wanted))
    kafka.deny(Resource.GROUP, group, Operation.ALL)

    def listed() -> set[str]:
        return {one.group_id for one in limited.list_consumer_groups().result(SECONDS).valid}

    assert {group, other} <= listed()
    kafka.deny(Resource.CLUSTER, "kafka-cluster", Operation.DESCRIBE)
    assert other in listed()
    assert group not in listed()


def test_a_denied_group_cannot_be_joined(kafka: Peer) -> None:
    """The consumer is handed GROUP_AUTHORIZATION_FAILED."""
    topic, group = create(kafka, "closed"), kafka.name("group")
    kafka.deny(Resource.GROUP, group, Operation.READ)

    with consumer(kafka, group, topic, account="limited") as reader:
        assert next_error(reader) == "GROUP_AUTHORIZATION_FAILED"


def test_the_cluster_s_own_settings_can_be_denied(kafka: Peer, limited: AdminClient) -> None:
    """CLUSTER_AUTHORIZATION_FAILED."""
    node = str(next(iter(kafka.admin().list_topics(timeout=SECONDS).brokers)))
    assert only(_describe_configs(limited, ResourceType.BROKER, node))
    kafka.deny(Resource.CLUSTER, "kafka-cluster", Operation.DESCRIBE_CONFIGS)

    assert refusal(_describe_configs(limited, ResourceType.BROKER, node)) == "CLUSTER_AUTHORIZATION_FAILED"
