"""What was seen of a consumer group, how far behind it is, and whether somebody consumes at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.finding import Outcome
from bot.domain.judged import Judged
from bot.domain.kafka import LagLimits


class GroupState(StrEnum):
    """Kafka's words. A group that never was describes as DEAD, not as an error: it appears on the first join."""

    STABLE = "stable"
    REBALANCING = "rebalancing"
    EMPTY = "empty"
    DEAD = "dead"
    UNKNOWN = "unknown"

    @property
    def has_nobody(self) -> bool:
        """True where no member is, or ever was."""
        return self in (GroupState.EMPTY, GroupState.DEAD)


@dataclass(frozen=True, slots=True)
class GroupView:
    """One reading of a group."""

    name: str
    state: GroupState
    members: int = 0


@dataclass(frozen=True, slots=True)
class PartitionProgress:
    """Offsets of one partition: oldest kept, next to be written, next to be read (None: nothing committed)."""

    partition: int
    earliest: int
    latest: int
    committed: int | None

    @property
    def lag(self) -> int | None:
        """Latest less committed; None where that cannot be known, which is not 0.

        A commit beyond the end belongs to a topic of the same name that was there before.
        """
        if self.committed is None or self.committed > self.latest:
            return None
        return self.latest - self.committed

    @property
    def is_drained(self) -> bool:
        """True where nothing is kept: whoever has committed nothing has also missed nothing that is there."""
        return self.earliest >= self.latest


def judge_presence(group: GroupView, *, excuse: str = "") -> Judged | None:
    """None where somebody consumes. `excuse` names what explains an empty group, which is then a symptom."""
    if group.state is GroupState.REBALANCING:
        line = f"{group.name}: rebalancing, {_members(group)}; normal for some seconds, not for minutes"
        return Judged(Outcome.DEGRADED, "kafka.group-rebalancing", line)
    if group.state is GroupState.UNKNOWN:
        return Judged(Outcome.UNKNOWN, "kafka.lag-unknown", f"{group.name}: its state is not known")
    if not group.state.has_nobody and group.members:
        return None
    why = "nobody ever joined, or it has expired" if group.state is GroupState.DEAD else "it has no members"
    line = f"{group.name}: nobody consumes ({why})"
    if excuse:
        return Judged(Outcome.DEGRADED, "kafka.group-empty", f"{line}; {excuse}")
    return Judged(Outcome.FAILING, "kafka.group-empty", line)


def judge_lag(group: GroupView, topic: str, progress: Sequence[PartitionProgress], limits: LagLimits) -> Judged:
    """The lag on one topic; where it is not known of each partition that holds messages, it is unknown."""
    known = [lag for each in progress if (lag := each.lag) is not None]
    unread = [each for each in progress if each.lag is None and not each.is_drained]
    total, who = sum(known), f"{group.name}: {group.state}, {_members(group)}"
    words = _words(total, len(known), progress)
    if total >= limits.failing:
        return Judged(Outcome.FAILING, "kafka.group-lag", f"{who}, {words} on {topic} (limit {limits.failing})")
    if total >= limits.degraded:
        return Judged(Outcome.DEGRADED, "kafka.group-lag", f"{who}, {words} on {topic} (limit {limits.degraded})")
    if unread:
        line = f"{who}, {words} on {topic}: {len(unread)} partitions hold messages without a commit"
        return Judged(Outcome.UNKNOWN, "kafka.lag-unknown", line)
    return Judged(Outcome.OK, "kafka-groups.ok", f"{who}, {words} on {topic}")


def _words(total: int, known: int, progress: Sequence[PartitionProgress]) -> str:
    if not known:
        return "lag unknown (no commit yet)"
    if known < len(progress):
        return f"lag {total} on {known} of {len(progress)} partitions, unknown on the others"
    return f"lag {total}"


def _members(group: GroupView) -> str:
    return f"{group.members} member{'' if group.members == 1 else 's'}"
