"""Kafka's topics, groups and offsets through librdkafka's admin client; it only reads, and creates nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime
from enum import Enum
from typing import Any

from confluent_kafka import (
    ConsumerGroupState,
    ConsumerGroupTopicPartitions,
    KafkaError,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # two are exported without saying so
    AdminClient,
    ConfigResource,
    OffsetSpec,
)

from bot.adapters.kafka_errors import translated
from bot.adapters.kafka_link import KafkaLink
from bot.domain.errors import BadAnswer
from bot.domain.kafka_groups import GroupState, GroupView, PartitionProgress
from bot.domain.kafka_topics import TopicProblem, TopicView

_STATES = {
    ConsumerGroupState.STABLE: GroupState.STABLE,
    ConsumerGroupState.EMPTY: GroupState.EMPTY,
    ConsumerGroupState.DEAD: GroupState.DEAD,
    ConsumerGroupState.PREPARING_REBALANCING: GroupState.REBALANCING,
    ConsumerGroupState.COMPLETING_REBALANCING: GroupState.REBALANCING,
}
_PROBLEMS = {
    KafkaError.UNKNOWN_TOPIC_OR_PART: TopicProblem.MISSING,
    KafkaError.TOPIC_AUTHORIZATION_FAILED: TopicProblem.DENIED,
}


class End(Enum):
    """The two ends of a partition: the oldest message that is kept, and the next one to be written."""

    EARLIEST = "earliest"
    LATEST = "latest"


class KafkaStream:
    """Implements `bot.ports.stream.Stream`. The link is not closed here: others may use it too."""

    def __init__(self, link: KafkaLink) -> None:
        self._link = link

    async def topic_names(self) -> tuple[str, ...]:
        """From the cluster's metadata."""
        metadata = await self._link.ask_in_thread(lambda client, seconds: client.list_topics(timeout=seconds))
        return tuple(sorted(name for name in metadata.topics if not name.startswith("__")))

    async def topics(self, names: Sequence[str]) -> tuple[TopicView, ...]:
        """DescribeTopics (which never creates one, as a plain metadata request may) and DescribeConfigs."""
        if not names:
            return ()
        described, settings = await asyncio.gather(describe_topics(self._link, names), self._settings(names))
        return tuple(_view(name, described[name], settings[name]) for name in names)

    async def group(self, name: str) -> GroupView:
        """DescribeGroups. Newer brokers answer GROUP_ID_NOT_FOUND for a group that never was."""

        def send(client: AdminClient, seconds: float) -> Mapping[str, Future[Any]]:
            return client.describe_consumer_groups([name], request_timeout=seconds)

        answer = (await self._link.ask(send))[name]
        if isinstance(answer, KafkaError):
            if answer.code() == KafkaError.GROUP_ID_NOT_FOUND:
                return GroupView(name, GroupState.DEAD)
            raise translated(answer, f"group {name}")
        return GroupView(name, _STATES.get(answer.state, GroupState.UNKNOWN), len(answer.members))

    async def progress(self, group: str, topic: str) -> tuple[PartitionProgress, ...]:
        """OffsetFetch for the group, ListOffsets for both ends of each partition."""
        partitions = partitions_of(topic, (await describe_topics(self._link, [topic]))[topic])
        committed, earliest, latest = await asyncio.gather(
            self._committed(group, partitions),
            offsets(self._link, partitions, End.EARLIEST),
            offsets(self._link, partitions, End.LATEST),
        )
        numbers = sorted(each.partition for each in partitions)
        return tuple(PartitionProgress(n, earliest[topic, n], latest[topic, n], committed.get(n)) for n in numbers)

    async def _settings(self, names: Sequence[str]) -> dict[str, dict[str, str] | None]:
        resources = {name: ConfigResource(ConfigResource.Type.TOPIC, name) for name in names}

        def send(client: AdminClient, seconds: float) -> Mapping[Any, Future[Any]]:
            return client.describe_configs(list(resources.values()), request_timeout=seconds)

        found: dict[str, dict[str, str] | None] = dict.fromkeys(names)
        for resource, answer in (await self._link.ask(send)).items():
            if not isinstance(answer, KafkaError):
                found[resource.name] = {key: entry.value or "" for key, entry in answer.items()}
            elif answer.code() not in _PROBLEMS:
                raise translated(answer, f"settings of topic {resource.name}")
        return found

    async def _committed(self, group: str, partitions: Sequence[TopicPartition]) -> dict[int, int]:
        """Partition -> next offset to be read; those without a commit are left out."""

        def send(client: AdminClient, seconds: float) -> Mapping[str, Future[Any]]:
            asked = [ConsumerGroupTopicPartitions(group, list(partitions))]
            return client.list_consumer_group_offsets(asked, request_timeout=seconds)

        answer = (await self._link.ask(send))[group]
        if isinstance(answer, KafkaError):
            raise translated(answer, f"offsets of group {group}")
        for each in answer.topic_partitions:
            if each.error is not None:
                raise translated(each.error, f"offsets of group {group}")
        return {each.partition: each.offset for each in answer.topic_partitions if each.offset >= 0}


async def describe_topics(link: KafkaLink, names: Sequence[str]) -> dict[str, Any]:
    """Name -> librdkafka's TopicDescription, or its KafkaError."""

    def send(client: AdminClient, seconds: float) -> Mapping[str, Future[Any]]:
        return client.describe_topics(TopicCollection(list(names)), request_timeout=seconds)

    return await link.ask(send)


def partitions_of(topic: str, described: Any) -> list[TopicPartition]:
    """Of what `describe_topics` says of it. Raises NotFound or AccessDenied for the topic."""
    if isinstance(described, KafkaError):
        raise translated(described, f"topic {topic}")
    return [TopicPartition(topic, each.id) for each in described.partitions]


async def offsets(
    link: KafkaLink, partitions: Sequence[TopicPartition], at: End | datetime
) -> dict[tuple[str, int], int]:
    """(topic, partition) -> offset of the first message from then on; -1 where no message is that young."""
    spec = _spec(at)

    def send(client: AdminClient, seconds: float) -> Mapping[TopicPartition, Future[Any]]:
        return client.list_offsets(dict.fromkeys(partitions, spec), request_timeout=seconds)

    found = {}
    for place, answer in (await link.ask(send)).items():
        if isinstance(answer, KafkaError):
            raise translated(answer, f"offsets of topic {place.topic}")
        found[place.topic, place.partition] = int(answer.offset)
    if len(found) < len(partitions):
        raise BadAnswer(f"{link.login.where} left partitions out when asked for offsets")
    return found


def _spec(at: End | datetime) -> Any:
    match at:
        case End.EARLIEST:
            return OffsetSpec.earliest()  # type: ignore[no-untyped-call]  # untyped there
        case End.LATEST:
            return OffsetSpec.latest()  # type: ignore[no-untyped-call]  # untyped there
        case moment:
            return OffsetSpec.for_timestamp(round(moment.timestamp() * 1000))


def _view(name: str, described: Any, settings: Mapping[str, str] | None) -> TopicView:
    if isinstance(described, KafkaError):
        if described.code() not in _PROBLEMS:
            raise translated(described, f"topic {name}")
        return TopicView(name, settings=None, problem=_PROBLEMS[described.code()])
    copies = [len(each.replicas) for each in described.partitions]
    leaderless = tuple(each.id for each in described.partitions if each.leader is None or each.leader.id < 0)
    return TopicView(name, len(copies), min(copies, default=0), leaderless, settings)
