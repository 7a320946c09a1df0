"""Short ways to do with confluent-kafka's clients what the Kafka contract does again and again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import NewTopic

from tests.contracts.kafka_peers import Peer

SECONDS = 20.0
T = TypeVar("T")


def only(futures: Mapping[Any, Future[T]]) -> T:
    """The result of the only future. Raises KafkaException."""
    (future,) = futures.values()
    return future.result(SECONDS)


def refusal(futures: Mapping[Any, Future[Any]]) -> str:
    """The name of the error that the only future ends with."""
    try:
        result = only(futures)
    except KafkaException as error:
        return str(error.args[0].name())
    raise AssertionError(f"was not refused: {result}")


def create(kafka: Peer, stem: str, partitions: int = 1, **config: str) -> str:
    """A new topic that clients can use already."""
    name = kafka.name(stem)
    options = {key.replace("_", "."): value for key, value in config.items()}
    topic = NewTopic(name, partitions, kafka.replication_factor, config=options)
    only(kafka.admin().create_topics([topic]))
    until(lambda: name in kafka.admin().list_topics(timeout=SECONDS).topics, f"{name} is there")
    return name


def produce(kafka: Peer, topic: str, *values: str, account: str = "admin", **more: Any) -> list[Message]:
    """Delivered messages, one after the other; KafkaException for the first that was not."""
    delivered: list[Message] = []
    problems: list[KafkaError] = []

    def note(error: KafkaError | None, message: Message) -> None:
        delivered.append(message) if error is None else problems.append(error)

    extra = {name.replace("_", "."): more.pop(name) for name in list(more) if "_" in name}
    producer = Producer(kafka.options(account, **{"message.timeout.ms": 10_000, **extra}))
    for value in values:
        producer.produce(topic, value, on_delivery=note, **more)
    producer.flush(SECONDS)
    if problems:
        raise KafkaException(problems[0])
    return delivered


@contextmanager
def consumer(kafka: Peer, group: str, *topics: str, **more: Any) -> Iterator[Consumer]:
    """A consumer that begins at the beginning; it leaves at the end."""
    options = {"group.id": group, "auto.offset.reset": "earliest", "session.timeout.ms": 6_000, **more}
    made = Consumer(kafka.options(options.pop("account", "admin"), **options))
    try:
        if topics:
            made.subscribe(list(topics))
        yield made
    finally:
        made.close()


def take(one: Consumer, count: int) -> list[Message]:
    """So many messages."""
    found: list[Message] = []
    deadline = time.monotonic() + SECONDS
    while len(found) < count:
        assert time.monotonic() < deadline, f"{len(found)} of {count} messages came"
        message = one.poll(0.1)
        if message is not None:
            assert message.error() is None, message.error()
            found.append(message)
    return found


def next_error(one: Consumer) -> str:
    """The name of the first error that the consumer is handed."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        message = one.poll(0.1)
        error = message.error() if message is not None else None
        if error is not None:
            return str(error.name())
    raise AssertionError("no error came")


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for that."""
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"not so: {what}"
        time.sleep(0.05)


def partitions(topic: str, count: int) -> list[TopicPartition]:
    """All of a topic."""
    return [TopicPartition(topic, index) for index in range(count)]
