"""The cluster as a whole: who belongs to it, and ids for producers."""

from __future__ import annotations

import itertools

from lab.estate.kafka.accounts import Operation, Resource
from lab.estate.kafka.requests.call import NODE_ID, Call
from lab.estate.kafka.requests.metadata import brokers
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
    """An id for an idempotent producer; its sequence numbers are taken as they come.

    Whoever may write to the cluster or to any topic gets one (KIP-679).
    """
    may_write_anywhere = call.account.may(Operation.WRITE, Resource.TOPIC, "*")
    denial = call.denial(Operation.WRITE, Resource.CLUSTER)
    if denial is not None and not may_write_anywhere:
        return {"error_code": denial, "producer_id": -1, "producer_epoch": -1}
    return {"producer_id": next(_PRODUCER_IDS), "producer_epoch": 0}
