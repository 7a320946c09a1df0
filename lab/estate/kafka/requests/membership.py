"""A consumer's life in its group: JoinGroup, SyncGroup, Heartbeat, LeaveGroup, OffsetCommit."""

from __future__ import annotations

from typing import Any

from kio.schema.errors import ErrorCode

from lab.estate.kafka.accounts import Operation, Resource
from lab.estate.kafka.groups import Committed, Group, Joined, Member
from lab.estate.kafka.requests.call import Call
from lab.estate.kafka.topics import Refused
from lab.estate.kafka.wire import Answer

_FIRST_WITH_INVITATION = 4
_FIRST_WITH_MANY_LEAVING = 3
_SESSION_MS = (6_000, 1_800_000)


async def join(call: Call) -> Answer:
    """Into the group; a newcomer without an id is given one and has to come again with it."""
    request = call.request
    try:
        group = _group(call)
        _check_session(request.session_timeout.total_seconds() * 1000)
        member_id = request.member_id or group.invite(call.client_id)
        if not request.member_id and call.version >= _FIRST_WITH_INVITATION:
            return {"error_code": ErrorCode.member_id_required, "member_id": member_id, "protocol_name": ""}
        joined = await group.join(_member(call, member_id), request.protocol_type)
    except Refused as refusal:
        return {"error_code": refusal.code, "member_id": request.member_id, "protocol_name": ""}
    return _joined(joined, request.protocol_type)


def _check_session(milliseconds: float) -> None:
    if not _SESSION_MS[0] <= milliseconds <= _SESSION_MS[1]:
        raise Refused(ErrorCode.invalid_session_timeout, "the session timeout is out of range")


def _member(call: Call, member_id: str) -> Member:
    request = call.request
    session = request.session_timeout.total_seconds()
    rebalance = getattr(request, "rebalance_timeout", request.session_timeout).total_seconds()
    protocols = {one.name: bytes(one.metadata) for one in request.protocols}
    return Member(member_id, call.client_id, f"/{call.client_host}", session, rebalance, protocols)


def _joined(joined: Joined, protocol_type: str) -> Answer:
    return {
        "generation_id": joined.generation,
        "protocol_type": protocol_type,
        "protocol_name": joined.protocol,
        "leader": joined.leader,
        "member_id": joined.member_id,
        "members": [{"member_id": name, "metadata": metadata} for name, metadata in joined.members],
    }


async def sync(call: Call) -> Answer:
    """The leader brings the assignments, everybody takes one home."""
    request = call.request
    assignments = {one.member_id: bytes(one.assignment) for one in request.assignments}
    try:
        group = _known(call)
        assignment = await group.sync(request.member_id, request.generation_id, assignments)
    except Refused as refusal:
        return {"error_code": refusal.code}
    return {"assignment": assignment, "protocol_type": group.protocol_type, "protocol_name": group.protocol}


async def heartbeat(call: Call) -> Answer:
    """Still here?"""
    try:
        _known(call).beat(call.request.member_id, call.request.generation_id)
    except Refused as refusal:
        return {"error_code": refusal.code}
    return {}


async def leave(call: Call) -> Answer:
    """Good-bye, one at a time or several."""
    request = call.request
    try:
        group = _known(call)
        if call.version < _FIRST_WITH_MANY_LEAVING:
            group.leave(request.member_id)
            return {}
    except Refused as refusal:
        return {"error_code": refusal.code}
    return {"members": [_left(group, one.member_id) for one in request.members]}


def _left(group: Group, member_id: str) -> Answer:
    try:
        group.leave(member_id)
    except Refused as refusal:
        return {"member_id": member_id, "error_code": refusal.code}
    return {"member_id": member_id}


async def commit_offsets(call: Call) -> Answer:
    """By a member of this generation, or by anybody while the group has no members."""
    try:
        group = _group(call)
        _check_committer(call, group)
        code = ErrorCode.none
    except Refused as refusal:
        group, code = Group(call.request.group_id), refusal.code
    return {
        "topics": [
            {
                "name": topic.name,
                "partitions": [_commit(call, group, topic.name, one, code) for one in topic.partitions],
            }
            for topic in call.request.topics
        ]
    }


def _check_committer(call: Call, group: Group) -> None:
    generation = getattr(call.request, "generation_id_or_member_epoch", -1)
    if generation < 0 and not group.members:
        return
    group.check(call.request.member_id, generation)


def _commit(call: Call, group: Group, topic: str, asked: Any, code: ErrorCode) -> Answer:
    if code is ErrorCode.none:
        code = call.denial(Operation.READ, Resource.TOPIC, topic) or code
    if code is ErrorCode.none and call.cluster.topics.partition(topic, asked.partition_index) is None:
        code = ErrorCode.unknown_topic_or_partition
    if code is ErrorCode.none:
        committed = Committed(asked.committed_offset, asked.committed_metadata or "")
        group.offsets[topic, asked.partition_index] = committed
    return {"partition_index": asked.partition_index, "error_code": code}


def _group(call: Call) -> Group:
    """The group, which comes to be by being named here."""
    if not call.request.group_id:
        raise Refused(ErrorCode.invalid_group_id, "the group id is empty")
    call.require(Operation.READ, Resource.GROUP, call.request.group_id)
    return call.cluster.group(call.request.group_id)


def _known(call: Call) -> Group:
    call.require(Operation.READ, Resource.GROUP, call.request.group_id)
    group = call.cluster.groups.get(call.request.group_id)
    if group is None:
        raise Refused(ErrorCode.unknown_member_id, "no such group")
    return group
