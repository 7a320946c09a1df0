"""Groups from the outside: their coordinator, their members, their committed offsets, their end."""

from __future__ import annotations

from kio.schema.errors import ErrorCode

from lab.estate.kafka.accounts import Operation, Resource
from lab.estate.kafka.groups import Committed, Group, State
from lab.estate.kafka.requests.call import NODE_ID, Call
from lab.estate.kafka.topics import Refused
from lab.estate.kafka.wire import Answer

_NONE = Committed(-1)


async def find_coordinator(call: Call) -> Answer:
    """The only broker, unless the group is denied."""
    key = call.request.key
    denial = call.denial(Operation.DESCRIBE, Resource.GROUP, key)
    if denial is not None and not getattr(call.request, "key_type", 0):
        words = "Group authorization failed."
        return {"error_code": denial, "error_message": words, "node_id": -1, "port": -1}
    host, port = call.cluster.address
    return {"node_id": NODE_ID, "host": host, "port": port}


async def describe(call: Call) -> Answer:
    """Members and state; a group that nobody knows is Dead and empty, which is no error."""
    return {"groups": [_described(call, group_id) for group_id in call.request.groups]}


def _described(call: Call, group_id: str) -> Answer:
    denial = call.denial(Operation.DESCRIBE, Resource.GROUP, group_id)
    group = call.cluster.groups.get(group_id)
    if denial is not None or group is None:
        state = State.DEAD.value if denial is None else ""
        return {"error_code": denial or ErrorCode.none, "group_id": group_id, "group_state": state}
    is_stable = group.state is State.STABLE
    return {
        "group_id": group_id,
        "group_state": group.state.value,
        "protocol_type": group.protocol_type,
        "protocol_data": group.protocol if is_stable else "",
        "members": [
            {
                "member_id": member.id,
                "client_id": member.client_id,
                "client_host": member.client_host,
                "member_metadata": member.protocols.get(group.protocol, b"") if is_stable else b"",
                "member_assignment": member.assignment if is_stable else b"",
            }
            for member in group.members.values()
        ],
    }


async def fetch_offsets(call: Call) -> Answer:
    """What the group committed; -1 where it has not."""
    request = call.request
    denial = call.denial(Operation.DESCRIBE, Resource.GROUP, request.group_id)
    offsets = call.cluster.groups.get(request.group_id, Group(request.group_id)).offsets
    if request.topics is None:
        asked: dict[str, list[int]] = {}
        for name, index in sorted(offsets):
            if call.denial(Operation.DESCRIBE, Resource.TOPIC, name) is None:
                asked.setdefault(name, []).append(index)
    else:
        asked = {topic.name: list(topic.partition_indexes) for topic in request.topics}
    answers = [
        {"name": name, "partitions": [_committed(call, offsets, name, index, denial) for index in indexes]}
        for name, indexes in asked.items()
    ]
    return {"error_code": denial or ErrorCode.none, "topics": [] if denial is not None else answers}


def _committed(
    call: Call,
    offsets: dict[tuple[str, int], Committed],
    name: str,
    index: int,
    denial: ErrorCode | None,
) -> Answer:
    denial = denial or call.denial(Operation.DESCRIBE, Resource.TOPIC, name)
    committed = offsets.get((name, index), _NONE) if denial is None else _NONE
    return {
        "partition_index": index,
        "committed_offset": committed.offset,
        "metadata": committed.metadata,
        "error_code": denial or ErrorCode.none,
    }


async def delete(call: Call) -> Answer:
    """Only groups without members go."""
    return {"results": [_deleted(call, group_id) for group_id in call.request.groups_names]}


def _deleted(call: Call, group_id: str) -> Answer:
    try:
        call.require(Operation.DELETE, Resource.GROUP, group_id)
        group = call.cluster.groups.get(group_id)
        if group is None:
            raise Refused(ErrorCode.group_id_not_found, "no such group")
        if group.members:
            raise Refused(ErrorCode.non_empty_group, "the group has members")
    except Refused as refusal:
        return {"group_id": group_id, "error_code": refusal.code}
    del call.cluster.groups[group_id]
    return {"group_id": group_id}
