"""What was seen of a topic, and whether it is as expected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.domain.finding import Outcome
from bot.domain.judged import Judged
from bot.domain.kafka import ExpectedTopic


class TopicProblem(StrEnum):
    """Why nothing is known of a topic. With ACLs, a missing one that we may not describe is called denied too."""

    MISSING = "missing"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class TopicView:
    """One reading. `settings` is None where they may not be read."""

    name: str
    partitions: int = 0
    replication_factor: int = 0
    leaderless: tuple[int, ...] = ()
    """Numbers of the partitions that have no leader: nothing can be written there or read from there."""
    settings: Mapping[str, str] | None = field(default_factory=dict)
    problem: TopicProblem | None = None


def judge_topic(expected: ExpectedTopic, seen: TopicView) -> Judged:
    """The worst that can be said, in one line."""
    name = expected.name
    if seen.problem is TopicProblem.MISSING:
        return Judged(Outcome.FAILING, "kafka.topic-missing", f"{name}: no such topic{_wanted(expected)}")
    if seen.problem is TopicProblem.DENIED:
        return Judged(Outcome.UNKNOWN, "kafka.access-denied", f"{name}: we may not describe it")
    if seen.leaderless:
        numbers = ", ".join(map(str, seen.leaderless))
        return Judged(Outcome.FAILING, "kafka.topic-leaderless", f"{name}: no leader for partition {numbers}")
    differences = _differences(expected, seen)
    if differences:
        return Judged(Outcome.DEGRADED, "kafka.topic-differs", f"{name}: {'; '.join(differences)}")
    if seen.settings is None and expected.settings:
        return Judged(Outcome.UNKNOWN, "kafka.access-denied", f"{name}: we may not read its settings")
    return Judged(Outcome.OK, "kafka-topics.ok", described(seen, expected.settings))


def described(seen: TopicView, names: Mapping[str, str] | None = None) -> str:
    """`topic: 6 partitions, replication 3, retention.ms 604800000`; of its settings the named ones."""
    partitions = f"{seen.partitions} partition{'' if seen.partitions == 1 else 's'}"
    parts = [partitions, f"replication {seen.replication_factor}"]
    parts += [f"{key} {(seen.settings or {}).get(key, '?')}" for key in names or {}]
    return f"{seen.name}: {', '.join(parts)}"


def _wanted(expected: ExpectedTopic) -> str:
    parts = [f"{expected.partitions} partitions"] if expected.partitions else []
    parts += [f"replication {expected.replication_factor}"] if expected.replication_factor else []
    parts += [f"{key} {value}" for key, value in expected.settings.items()]
    return f" (expected: {', '.join(parts)})" if parts else ""


def _differences(expected: ExpectedTopic, seen: TopicView) -> list[str]:
    counts = (
        ("partitions", expected.partitions, seen.partitions),
        ("replication", expected.replication_factor, seen.replication_factor),
    )
    found = [f"{what} {is_}, expected {wanted}" for what, wanted, is_ in counts if wanted not in (None, is_)]
    if seen.settings is not None:
        for key, wanted in expected.settings.items():
            value = seen.settings.get(key)
            if value is None:
                found.append(f"{key} is no setting that the broker knows")
            elif not _equal(value, wanted):
                found.append(f"{key} {value}, expected {wanted}")
    return found


def _equal(one: str, other: str) -> bool:
    """Kafka's lists (`compact,delete`) have no order, and `TRUE` is `true`."""
    return _parts(one) == _parts(other)


def _parts(value: str) -> list[str]:
    return sorted(part.strip().casefold() for part in value.split(","))
