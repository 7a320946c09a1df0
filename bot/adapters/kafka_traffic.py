"""Messages over time from the brokers themselves: what the offsets at two moments differ by."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from confluent_kafka import TopicPartition

from bot.adapters.kafka import End, describe_topics, offsets, partitions_of
from bot.adapters.kafka_link import KafkaLink
from bot.domain.errors import NotFound
from bot.domain.kafka_traffic import Measured, TopicTraffic, Window

_SOURCE = "broker offsets"
Offsets = Mapping[tuple[str, int], int]


class BrokerTraffic:
    """Implements `bot.ports.traffic.Traffic`.

    Deleted messages leave no trace in offsets by time, so a window counts only where the log reaches further back.
    Transactions and compaction leave gaps in offsets; what is compared has them alike.
    """

    def __init__(self, link: KafkaLink) -> None:
        self._link = link

    async def messages(self, topics: Sequence[str], windows: Sequence[Window]) -> tuple[TopicTraffic, ...]:
        """A topic that is missing has no figures.

        ListOffsets takes one moment a partition: so a request a moment, for the partitions of all topics at once.
        """
        described = await describe_topics(self._link, topics)
        places = {topic: _places(topic, described[topic]) for topic in topics}
        if not any(places.values()):
            return tuple(_missing(topic, windows) for topic in topics)
        ends = await self._ends(list(itertools.chain.from_iterable(places.values())), windows)
        return tuple(
            _traffic(topic, ends.of(topic), windows) if places[topic] else _missing(topic, windows)
            for topic in topics
        )

    async def _ends(self, partitions: Sequence[TopicPartition], windows: Sequence[Window]) -> _Ends:
        """The first window ends now, and so at the latest offset: that moment is not asked for."""
        now = {window.end for window in windows[:1]}
        moments = sorted({moment for window in windows for moment in (window.start, window.end)} - now)
        earliest, latest, *found = await asyncio.gather(
            offsets(self._link, partitions, End.EARLIEST),
            offsets(self._link, partitions, End.LATEST),
            *(offsets(self._link, partitions, moment) for moment in moments),
        )
        at = {moment: _filled(each, latest) for moment, each in zip(moments, found, strict=True)}
        return _Ends(earliest, latest, at | dict.fromkeys(now, latest))


@dataclass(frozen=True, slots=True)
class _Ends:
    """Where each partition begins, where it ends, and how far it was at each moment."""

    earliest: Offsets
    latest: Offsets
    at: Mapping[datetime, Offsets]

    def of(self, topic: str) -> _Ends:
        """Only this topic's partitions."""
        at = {moment: _only(topic, found) for moment, found in self.at.items()}
        return _Ends(_only(topic, self.earliest), _only(topic, self.latest), at)


def _only(topic: str, found: Offsets) -> Offsets:
    return {place: offset for place, offset in found.items() if place[0] == topic}


def _places(topic: str, described: Any) -> list[TopicPartition]:
    """None for a topic that is missing."""
    try:
        return partitions_of(topic, described)
    except NotFound:
        return []


def _missing(topic: str, windows: Sequence[Window]) -> TopicTraffic:
    return TopicTraffic(topic, (None,) * len(windows), "no such topic")


def _traffic(topic: str, ends: _Ends, windows: Sequence[Window]) -> TopicTraffic:
    figures = (_figure(window, ends, is_now=window is windows[0]) for window in windows)
    return TopicTraffic(topic, tuple(figures), _SOURCE)


def _filled(found: Offsets, latest: Offsets) -> Offsets:
    """Kafka answers -1 where no message is that young: the end, then."""
    return {place: latest[place] if offset < 0 else offset for place, offset in found.items()}


def _figure(window: Window, ends: _Ends, *, is_now: bool) -> Measured | None:
    """The window that ends now is known in any case: nothing that young has been deleted."""
    start, end = ends.at[window.start], ends.at[window.end]
    if not is_now and not _reaches_back(start, ends.earliest, ends.latest):
        return None
    return Measured(sum(max(0, end[place] - start[place]) for place in end), window.seconds)


def _reaches_back(start: Offsets, earliest: Offsets, latest: Offsets) -> bool:
    """True where something older than the window is kept, and no partition may have lost a part of the window."""
    holds_older = any(start[place] > earliest[place] for place in start)
    may_have_lost = any(0 < earliest[place] == start[place] and earliest[place] < latest[place] for place in start)
    return holds_older and not may_have_lost
