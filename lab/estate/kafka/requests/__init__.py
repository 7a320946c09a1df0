"""Every API of the broker by its number."""

from __future__ import annotations

from collections.abc import Mapping

from lab.estate.kafka.requests import (
    cluster,
    configs,
    groups,
    listing,
    membership,
    metadata,
    records,
    topics,
)
from lab.estate.kafka.requests.call import Api


def _versions(first: int, last: int) -> range:
    return range(first, last + 1)


# Versions end where the protocol turns to topic ids, to batches of groups or to share groups.
APIS: Mapping[int, Api] = {
    0: Api(records.produce, _versions(3, 12)),
    1: Api(records.fetch, _versions(4, 12)),
    2: Api(records.list_offsets, _versions(1, 7)),
    3: Api(metadata.metadata, _versions(0, 12)),
    8: Api(membership.commit_offsets, _versions(2, 8)),
    9: Api(groups.fetch_offsets, _versions(1, 7)),
    10: Api(groups.find_coordinator, _versions(0, 3)),
    11: Api(membership.join, _versions(0, 9)),
    12: Api(membership.heartbeat, _versions(0, 4)),
    13: Api(membership.leave, _versions(0, 5)),
    14: Api(membership.sync, _versions(0, 5)),
    15: Api(groups.describe, _versions(0, 5)),
    16: Api(listing.list_groups, _versions(0, 4)),
    19: Api(topics.create, _versions(2, 7)),
    20: Api(topics.delete, _versions(1, 5)),
    22: Api(cluster.init_producer_id, _versions(0, 4)),
    32: Api(configs.describe, _versions(1, 4)),
    37: Api(topics.grow, _versions(0, 3)),
    42: Api(groups.delete, _versions(0, 2)),
    44: Api(configs.alter, _versions(0, 1)),
    60: Api(cluster.describe, _versions(0, 1)),
}
