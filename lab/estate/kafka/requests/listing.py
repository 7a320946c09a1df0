"""ListGroups: every group that the asker may know of."""

from __future__ import annotations

from lab.estate.kafka.accounts import Operation, Resource
from lab.estate.kafka.requests.call import Call
from lab.estate.kafka.wire import Answer


async def list_groups(call: Call) -> Answer:
    """Who may describe the cluster sees all; for others denied groups are left out, without a word."""
    sees_all = call.denial(Operation.DESCRIBE, Resource.CLUSTER) is None
    wanted = {state.lower() for state in getattr(call.request, "states_filter", ())}
    return {
        "groups": [
            {"group_id": group.id, "protocol_type": group.protocol_type, "group_state": group.state.value}
            for group in call.cluster.groups.values()
            if (sees_all or call.denial(Operation.DESCRIBE, Resource.GROUP, group.id) is None)
            and (not wanted or group.state.value.lower() in wanted)
        ]
    }
