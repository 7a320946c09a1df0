"""What is said of topics, groups and traffic, value by value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.finding import Outcome
from bot.domain.judged import Judged, finding_of
from bot.domain.kafka import ExpectedTopic, LagLimits, RegularLoad
from bot.domain.kafka_groups import GroupState, GroupView, PartitionProgress, judge_lag, judge_presence
from bot.domain.kafka_topics import TopicView, judge_topic
from bot.domain.kafka_traffic import Measured, TopicTraffic, judge_traffic, windows_until

STABLE = GroupView("g", GroupState.STABLE, 2)
LIMITS = LagLimits(10, 100)
LOAD = RegularLoad(window_seconds=60, step_seconds=3600, steps=4, minimum_windows=3, minimum_messages=10)


def _at(partition: int, latest: int, committed: int | None, earliest: int = 0) -> PartitionProgress:
    return PartitionProgress(partition, earliest, latest, committed)


def test_a_partition_without_a_leader_is_failing() -> None:
    """Nothing can be written there or read from there."""
    judged = judge_topic(ExpectedTopic("t"), TopicView("t", 3, 3, leaderless=(1,)))

    assert (judged.outcome, judged.code) == (Outcome.FAILING, "kafka.topic-leaderless")


@pytest.mark.parametrize(("value", "wanted"), [("compact,delete", "delete, compact"), ("true", "TRUE")])
def test_settings_are_compared_as_kafka_means_them(value: str, wanted: str) -> None:
    """Lists have no order."""
    judged = judge_topic(ExpectedTopic("t", settings={"s": wanted}), TopicView("t", settings={"s": value}))

    assert judged.outcome is Outcome.OK


def test_every_difference_is_named() -> None:
    """Not only the first."""
    expected = ExpectedTopic("t", 6, 3, {"retention.ms": "7"})

    judged = judge_topic(expected, TopicView("t", 3, 1, settings={"retention.ms": "1"}))

    assert judged.line == "t: partitions 3, expected 6; replication 1, expected 3; retention.ms 1, expected 7"


@pytest.mark.parametrize(
    ("progress", "outcome", "words"),
    [
        ([_at(0, 9, 9)], Outcome.OK, "lag 0"),
        ([_at(0, 9, 0)], Outcome.OK, "lag 9"),
        ([_at(0, 10, 0)], Outcome.DEGRADED, "lag 10"),
        ([_at(0, 50, 0), _at(1, 50, 0)], Outcome.FAILING, "lag 100"),
        ([_at(0, 5, None)], Outcome.UNKNOWN, "lag unknown"),
        ([_at(0, 5, None, earliest=5)], Outcome.OK, "lag unknown"),
        ([_at(0, 0, None)], Outcome.OK, "lag unknown"),
        ([_at(0, 5, 9)], Outcome.UNKNOWN, "lag unknown"),
        ([_at(0, 9, 9), _at(1, 5, None)], Outcome.UNKNOWN, "lag 0 on 1 of 2 partitions, unknown on the others"),
        ([_at(0, 500, 0), _at(1, 5, None)], Outcome.FAILING, "lag 500 on 1 of 2 partitions"),
    ],
)
def test_lag(progress: list[PartitionProgress], outcome: Outcome, words: str) -> None:
    """No commit is unknown, never 0; a commit beyond the end is another topic's."""
    judged = judge_lag(STABLE, "t", progress, LIMITS)

    assert judged.outcome is outcome
    assert words in judged.line


@pytest.mark.parametrize(
    ("state", "members", "outcome"),
    [
        (GroupState.STABLE, 1, None),
        (GroupState.STABLE, 0, Outcome.FAILING),
        (GroupState.EMPTY, 0, Outcome.FAILING),
        (GroupState.DEAD, 0, Outcome.FAILING),
        (GroupState.REBALANCING, 2, Outcome.DEGRADED),
        (GroupState.UNKNOWN, 0, Outcome.UNKNOWN),
    ],
)
def test_presence(state: GroupState, members: int, outcome: Outcome | None) -> None:
    """Who is there."""
    judged = judge_presence(GroupView("g", state, members))

    assert (judged.outcome if judged else None) is outcome


def test_an_excuse_makes_absence_a_symptom() -> None:
    """And is told."""
    judged = judge_presence(GroupView("g", GroupState.EMPTY), excuse="it is scaled to 0")

    assert judged is not None
    assert (judged.outcome, judged.line.endswith("it is scaled to 0")) == (Outcome.DEGRADED, True)


def test_windows_end_now_and_the_same_time_before() -> None:
    """Latest first."""
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    windows = windows_until(now, LOAD)

    assert [now - window.end for window in windows] == [timedelta(hours=n) for n in range(5)]
    assert {window.seconds for window in windows} == {60}


def _traffic(now: Measured | None, *earlier: int | None) -> TopicTraffic:
    return TopicTraffic("t", (now, *(None if n is None else Measured(n, 60) for n in earlier)), "somewhere")


@pytest.mark.parametrize(
    ("seen", "code"),
    [
        (_traffic(Measured(100, 60), 100, 100, 100, 100), "kafka-traffic.ok"),
        (_traffic(Measured(20, 60), 100, 100, 100, 100), "kafka-traffic.ok"),
        (_traffic(Measured(19, 60), 100, 100, 100, 100), "kafka.traffic-quiet"),
        (_traffic(Measured(0, 60), 100, 100, 100, 100), "kafka.traffic-stopped"),
        (_traffic(Measured(0, 60), 9, 9, 9, 9), "kafka-traffic.ok"),
        (_traffic(Measured(0, 60), 0, 0, 100, 0), "kafka-traffic.ok"),
        (_traffic(Measured(0, 60), 100, 100, None, None), "kafka.traffic-no-history"),
        (_traffic(Measured(1, 60), 100, 100, None, None), "kafka-traffic.ok"),
        (_traffic(None, 100, 100, 100, 100), "kafka.traffic-unknown"),
        (_traffic(Measured(50, 30), 100, 100, 100, 100), "kafka-traffic.ok"),
    ],
)
def test_traffic(seen: TopicTraffic, code: str) -> None:
    """Rates are compared, so that a figure of half the window is not taken for half the load."""
    assert judge_traffic(seen, LOAD).code == code


def test_one_wild_day_does_not_move_the_regular_load() -> None:
    """The median is taken."""
    judged = judge_traffic(_traffic(Measured(90, 60), 100, 100, 9_000, 100), LOAD)

    assert (judged.outcome, "usually 100" in judged.line) == (Outcome.OK, True)


def test_the_worst_one_speaks_for_all() -> None:
    """The others are evidence, and advice is given once."""
    judged = [
        Judged(Outcome.OK, "x.ok", "a is well"),
        Judged(Outcome.FAILING, "x.gone", "b is gone"),
        Judged(Outcome.UNKNOWN, "x.denied", "c is hidden"),
        Judged(Outcome.FAILING, "x.gone", "d is gone"),
    ]

    finding = finding_of("x", "kafka", "Things", judged, "all well", {"x.denied": "ask", "x.other": "no"})

    assert (finding.outcome, finding.code) == (Outcome.FAILING, "x.gone")
    assert finding.summary == "Things: b is gone (and 1 more)"
    assert finding.evidence == ("ask", "d is gone", "c is hidden", "a is well")
