"""The cluster as a whole: who belongs to it, and ids for producers."""

from __future__ import annotations

import itertools

from lab.estate.kafka.accounts import Operation, Resource
from lab.estate.kafka.requests.call import NODE_ID, Call
from lab.estate.kafka.requests.metadata import brokers
from lab.estate.kafka.topics import Refused
from lab.estate.kafka.wire import Answer

_PRODUCER_IDS = itertools.count(1000)


async def describe(call: Call) -> Answer:
    """DescribeCluster."""
    return {
        "cluster_id": call.cluster.id,
        "controller_id": NODE_ID,
        "brokers": brokers(call, "broker_id"),
    }


async def init_producer_id(call: Call) -> Answer:
    """An id for an idempotent producer; its sequence numbers are taken as they come."""
    try:
        call.require(Operation.WRITE, Resource.CLUSTER)
    except Refused as refusal:
        return {"error_code": refusal.code, "producer_id": -1, "producer_epoch": -1}
    return {"producer_id": next(_PRODUCER_IDS), "producer_epoch": 0}
