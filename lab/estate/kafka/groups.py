"""Consumer groups by the classic protocol: join, agree, sync, beat; and the offsets that they commit."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from kio.schema.errors import ErrorCode

from lab.estate.kafka.topics import Refused


class State(StrEnum):
    """As the protocol prints it."""

    EMPTY = "Empty"
    PREPARING = "PreparingRebalance"
    COMPLETING = "CompletingRebalance"
    STABLE = "Stable"
    DEAD = "Dead"


@dataclass
class Member:
    """One consumer. `joining` and `syncing` are answers that it waits for."""

    id: str
    client_id: str
    client_host: str
    session_seconds: float
    rebalance_seconds: float
    protocols: Mapping[str, bytes]
    assignment: bytes = b""
    joining: asyncio.Future[Joined] | None = None
    syncing: asyncio.Future[bytes] | None = None
    timer: asyncio.TimerHandle | None = None


@dataclass(frozen=True)
class Joined:
    """The answer to a join; only the leader is told of the others."""

    generation: int
    protocol: str
    leader: str
    member_id: str
    members: Sequence[tuple[str, bytes]] = ()


@dataclass(frozen=True)
class Committed:
    """An offset that the group will go on from."""

    offset: int
    metadata: str = ""


@dataclass
class Group:
    """The coordinator's knowledge of one group."""

    id: str
    state: State = State.EMPTY
    generation: int = 0
    protocol_type: str = ""
    protocol: str = ""
    leader: str = ""
    members: dict[str, Member] = field(default_factory=dict)
    invited: set[str] = field(default_factory=set)
    offsets: dict[tuple[str, int], Committed] = field(default_factory=dict)
    deadline: asyncio.TimerHandle | None = None

    def invite(self, client_id: str) -> str:
        """An id for a newcomer, who has to come again with it."""
        member_id = f"{client_id}-{uuid.uuid4()}"
        self.invited.add(member_id)
        return member_id

    async def join(self, newcomer: Member, protocol_type: str) -> Joined:
        """Wait until all have joined. Raises Refused."""
        if self.members and (protocol_type != self.protocol_type or not self._agrees(newcomer)):
            raise Refused(ErrorCode.inconsistent_group_protocol, "no protocol in common")
        known = self.members.get(newcomer.id)
        if known is None and newcomer.id not in self.invited:
            raise Refused(ErrorCode.unknown_member_id, "unknown member")
        if known is not None and self._has_nothing_new(known, newcomer):
            return self._joined(known)
        self.protocol_type = protocol_type
        waiting = self._take_in(newcomer)
        self._prepare()
        return await waiting

    async def sync(self, member_id: str, generation: int, assignments: Mapping[str, bytes]) -> bytes:
        """The assignment, once the leader has handed in everybody's. Raises Refused."""
        member = self.check(member_id, generation)
        if self.state is State.PREPARING:
            raise Refused(ErrorCode.rebalance_in_progress, "the group is rebalancing")
        if self.state is State.STABLE:
            return member.assignment
        member.syncing = asyncio.get_running_loop().create_future()
        if member_id == self.leader:
            self._settle(assignments)
        return await member.syncing

    def beat(self, member_id: str, generation: int) -> None:
        """The member lives. Raises Refused, also to call it to a rebalance."""
        self.check(member_id, generation)
        if self.state is State.PREPARING:
            raise Refused(ErrorCode.rebalance_in_progress, "the group is rebalancing")

    def check(self, member_id: str, generation: int) -> Member:
        """The member, its session renewed. Raises Refused for a stranger or an old generation."""
        member = self.members.get(member_id)
        if member is None:
            raise Refused(ErrorCode.unknown_member_id, "unknown member")
        if generation != self.generation:
            raise Refused(ErrorCode.illegal_generation, "not this generation")
        self._renew(member)
        return member

    def leave(self, member_id: str) -> None:
        """A member goes, by its own will or because its session ran out. Raises Refused for a stranger."""
        member = self.members.pop(member_id, None)
        if member is None:
            raise Refused(ErrorCode.unknown_member_id, "unknown member")
        _cancel(member.timer)
        for waiting in (member.joining, member.syncing):
            if waiting is not None and not waiting.done():
                waiting.set_exception(Refused(ErrorCode.unknown_member_id, "the member left"))
        if self.members:
            self._prepare()
        else:
            self._empty()

    def close(self) -> None:
        """Let go of every timer and every answer that somebody waits for."""
        for member_id in list(self.members):
            self.leave(member_id)

    def _empty(self) -> None:
        _cancel(self.deadline)
        self.state, self.protocol, self.leader = State.EMPTY, "", ""
        self.generation += 1

    def _agrees(self, newcomer: Member) -> bool:
        others = [member for member in self.members.values() if member.id != newcomer.id]
        return any(all(name in member.protocols for member in others) for name in newcomer.protocols)

    def _has_nothing_new(self, known: Member, again: Member) -> bool:
        """A repeated join after a lost answer; the leader's own means that it wants a new round."""
        is_same = known.protocols == again.protocols
        return is_same and (
            self.state is State.COMPLETING or (self.state is State.STABLE and known.id != self.leader)
        )

    def _take_in(self, newcomer: Member) -> asyncio.Future[Joined]:
        self.invited.discard(newcomer.id)
        known = self.members.get(newcomer.id)
        if known is not None:
            known.protocols, newcomer = newcomer.protocols, known
        self.members[newcomer.id] = newcomer
        newcomer.joining = asyncio.get_running_loop().create_future()
        # Who waits for the others cannot beat.
        _cancel(newcomer.timer)
        return newcomer.joining

    def _prepare(self) -> None:
        """Call everybody to a new round, unless one is on; who does not come in time is out."""
        if self.state is not State.PREPARING:
            self.state = State.PREPARING
            for member in self.members.values():
                if member.syncing is not None and not member.syncing.done():
                    member.syncing.set_exception(Refused(ErrorCode.rebalance_in_progress, "rebalancing"))
            patience = max(member.rebalance_seconds for member in self.members.values())
            self.deadline = asyncio.get_running_loop().call_later(patience, self._expel_absent)
        self._complete_if_all_joined()

    def _expel_absent(self) -> None:
        for member in list(self.members.values()):
            if member.joining is None:
                self.leave(member.id)

    def _complete_if_all_joined(self) -> None:
        if self.state is State.PREPARING and all(one.joining is not None for one in self.members.values()):
            self._complete()

    def _complete(self) -> None:
        _cancel(self.deadline)
        self.generation += 1
        self.state = State.COMPLETING
        members = list(self.members.values())
        common = [name for name in members[0].protocols if all(name in one.protocols for one in members)]
        self.protocol = common[0]
        if self.leader not in self.members:
            self.leader = members[0].id
        for member in members:
            waiting, member.joining = member.joining, None
            self._renew(member)
            if waiting is not None and not waiting.done():
                waiting.set_result(self._joined(member))

    def _joined(self, member: Member) -> Joined:
        told = [(one.id, one.protocols[self.protocol]) for one in self.members.values()]
        return Joined(
            self.generation, self.protocol, self.leader, member.id, told if member.id == self.leader else ()
        )

    def _settle(self, assignments: Mapping[str, bytes]) -> None:
        self.state = State.STABLE
        for member in self.members.values():
            member.assignment = assignments.get(member.id, b"")
            if member.syncing is not None and not member.syncing.done():
                member.syncing.set_result(member.assignment)

    def _renew(self, member: Member) -> None:
        _cancel(member.timer)
        loop = asyncio.get_running_loop()
        member.timer = loop.call_later(member.session_seconds, self._session_over, member.id)

    def _session_over(self, member_id: str) -> None:
        if member_id in self.members:
            self.leave(member_id)


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
