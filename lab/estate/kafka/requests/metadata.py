"""Metadata: the only broker, the topics asked for, and the leader of each partition."""

from __future__ import annotations

from kio.schema.errors import ErrorCode

from lab.estate.kafka.accounts import Operation, Resource
from lab.estate.kafka.requests.call import NODE_ID, Call
from lab.estate.kafka.topics import Topic
from lab.estate.kafka.wire import Answer

REPLICAS = (NODE_ID, NODE_ID + 1, NODE_ID + 2)
"""Three replicas are told of, as in Confluent Cloud; the other two brokers answer under the same address."""


def brokers(call: Call, key: str) -> list[Answer]:
    """Every node under the listener's address; `key` is what the API calls the node's number."""
    host, port = call.cluster.address
    return [{key: node, "host": host, "port": port} for node in REPLICAS]


async def metadata(call: Call) -> Answer:
    """Denied topics are named in the answer only to whoever names them."""
    asked = call.request.topics
    is_for_all = asked is None or (call.version == 0 and not asked)
    if is_for_all:
        names = [n for n in call.cluster.topics.names() if not _denial(call, n)]
    else:
        names = [_name(call, topic) for topic in asked]
    return {
        "brokers": brokers(call, "node_id"),
        "cluster_id": call.cluster.id,
        "controller_id": NODE_ID,
        "topics": [_topic(call, name) for name in names],
    }


def _denial(call: Call, name: str) -> ErrorCode | None:
    return call.denial(Operation.DESCRIBE, Resource.TOPIC, name)


def _name(call: Call, asked: object) -> str:
    """Clients of version 12 may ask by id alone."""
    name, topic_id = getattr(asked, "name", None), getattr(asked, "topic_id", None)
    if name is not None:
        return str(name)
    known = (call.cluster.topics.find(one) for one in call.cluster.topics.names())
    return next((topic.name for topic in known if topic is not None and topic.id == topic_id), "")


def _topic(call: Call, name: str) -> Answer:
    denial = _denial(call, name)
    topic = call.cluster.topics.find(name)
    if denial is not None or topic is None:
        return {"error_code": denial or ErrorCode.unknown_topic_or_partition, "name": name}
    return {
        "error_code": ErrorCode.none,
        "name": name,
        "topic_id": topic.id,
        "partitions": [_partition(topic, index) for index in range(len(topic.partitions))],
    }


def _partition(topic: Topic, index: int) -> Answer:
    return {
        "partition_index": index,
        "leader_id": NODE_ID,
        "leader_epoch": 0,
        "replica_nodes": REPLICAS,
        "isr_nodes": REPLICAS,
    }
