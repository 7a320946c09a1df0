"""CreateTopics, DeleteTopics and CreatePartitions, with the refusals of the cluster's policy."""

from __future__ import annotations

from typing import Any

from lab.estate.kafka.accounts import Operation, Resource
from lab.estate.kafka.requests.call import Call
from lab.estate.kafka.topics import DEFAULTS, REPLICATION_FACTOR, Refused, Topic, unknown_topic
from lab.estate.kafka.wire import Answer

_DYNAMIC_TOPIC, _DEFAULT = 1, 5


async def create(call: Call) -> Answer:
    """Each topic by itself."""
    return {"topics": [_created(call, topic) for topic in call.request.topics]}


def _created(call: Call, asked: Any) -> Answer:
    try:
        _require_either(call, Operation.CREATE, asked.name)
        topic = call.cluster.topics.create(
            asked.name,
            asked.num_partitions,
            {config.name: config.value for config in asked.configs},
            replication_factor=asked.replication_factor,
            only_validate=call.request.validate_only,
        )
    except Refused as refusal:
        return {"name": asked.name, "error_code": refusal.code, "error_message": str(refusal)}
    return {
        "name": topic.name,
        "topic_id": topic.id,
        "num_partitions": len(topic.partitions),
        "replication_factor": REPLICATION_FACTOR,
        "configs": _configs(topic),
    }


def _configs(topic: Topic) -> list[Answer]:
    return [
        {
            "name": name,
            "value": topic.setting(name),
            "config_source": _DYNAMIC_TOPIC if name in topic.config else _DEFAULT,
        }
        for name in DEFAULTS
    ]


async def delete(call: Call) -> Answer:
    """Each topic by itself."""
    return {"responses": [_deleted(call, name) for name in call.request.topic_names]}


def _deleted(call: Call, name: str) -> Answer:
    try:
        _require_either(call, Operation.DELETE, name)
        call.cluster.topics.delete(name)
    except Refused as refusal:
        return {"name": name, "error_code": refusal.code, "error_message": str(refusal)}
    return {"name": name}


def _require_either(call: Call, operation: Operation, name: str) -> None:
    """The right to the cluster does for any topic."""
    if call.denial(operation, Resource.CLUSTER) is not None:
        call.require(operation, Resource.TOPIC, name)


async def grow(call: Call) -> Answer:
    """CreatePartitions: only ever more."""
    return {"results": [_grown(call, topic) for topic in call.request.topics]}


def _grown(call: Call, asked: Any) -> Answer:
    try:
        call.require(Operation.ALTER, Resource.TOPIC, asked.name)
        if call.cluster.topics.find(asked.name) is None:
            raise unknown_topic()
        call.cluster.topics.grow(asked.name, asked.count, only_validate=call.request.validate_only)
    except Refused as refusal:
        return {"name": asked.name, "error_code": refusal.code, "error_message": str(refusal)}
    return {"name": asked.name}
