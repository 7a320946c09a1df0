"""Messages over time from the brokers' offsets: what retention has taken is not 0."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from bot.domain.kafka import RegularLoad
from bot.domain.kafka_traffic import windows_until
from tests.kafka_world import TOPIC, KafkaWorld, kafka_world

LIST_OFFSETS = 2
"""Its number in the protocol."""
LOAD = RegularLoad(window_seconds=60, step_seconds=120, steps=3)


@pytest.fixture
async def kafka() -> AsyncIterator[KafkaWorld]:
    """A broker of one's own."""
    async with kafka_world() as world:
        yield world


async def _counts(kafka: KafkaWorld, topic: str = TOPIC) -> list[int | None]:
    (seen,) = await kafka.traffic.messages([topic], windows_until(datetime.now(UTC), LOAD))
    return [None if figure is None else figure.messages for figure in seen.figures]


async def test_each_window_has_its_own_messages(kafka: KafkaWorld) -> None:
    """Those between the windows count in none."""
    for count, seconds_ago in ((3, 500), (6, 390), (9, 270), (30, 200), (12, 150), (15, 30)):
        kafka.seed(count, seconds_ago=seconds_ago)

    assert await _counts(kafka) == [15, 12, 9, 6]


async def test_a_window_before_the_first_message_has_no_figure(kafka: KafkaWorld) -> None:
    """The topic may not have been there."""
    kafka.seed(3, seconds_ago=270)
    kafka.seed(3, seconds_ago=150)

    assert await _counts(kafka) == [0, 3, None, None]


async def test_what_retention_has_taken_has_no_figure(kafka: KafkaWorld) -> None:
    """Neither whole windows nor a part of one; an idle partition that is empty by now spoils nothing."""
    kafka.broker.topics.create("short-lived", 3, {"retention.ms": "200000"})
    for seconds_ago in (390, 270, 195, 150, 30):
        kafka.seed(2, seconds_ago=seconds_ago, topic="short-lived")

    assert await _counts(kafka, "short-lived") == [2, 2, None, None]


async def test_an_empty_topic_is_silent_now_and_unknown_before(kafka: KafkaWorld) -> None:
    """Nothing that young was deleted."""
    assert await _counts(kafka) == [0, None, None, None]


async def test_topics_are_asked_for_together(kafka: KafkaWorld) -> None:
    """A request for each moment, however many topics; each has its own figures, and a missing one has none."""
    kafka.broker.topics.create("another", 2, {})
    for seconds_ago in (390, 30):
        kafka.seed(6, seconds_ago=seconds_ago)
        kafka.seed(4, seconds_ago=seconds_ago, topic="another")
    kafka.broker.asked.clear()

    windows = windows_until(datetime.now(UTC), LOAD)
    seen = await kafka.traffic.messages(["another", "not-there", TOPIC], windows)

    assert [each.topic for each in seen] == ["another", "not-there", TOPIC]
    assert [each.figures[0] and each.figures[0].messages for each in seen] == [4, None, 6]
    assert seen[1].figures == (None,) * len(windows)
    assert kafka.broker.asked[LIST_OFFSETS] == 2 + 2 * len(windows) - 1  # both ends, each moment but "now"


async def test_only_missing_topics_are_asked_for_no_offsets(kafka: KafkaWorld) -> None:
    """There is nothing to ask about."""
    kafka.broker.asked.clear()

    assert await _counts(kafka, "not-there") == [None] * 4
    assert kafka.broker.asked[LIST_OFFSETS] == 0
