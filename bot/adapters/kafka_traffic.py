"""Messages over time from the brokers themselves: what the offsets at two moments differ by."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.adapters.kafka import End, offsets, partitions_of
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
        """A topic that is missing has no figures."""
        return tuple(await asyncio.gather(*(self._topic(topic, windows) for topic in topics)))

    async def _topic(self, topic: str, windows: Sequence[Window]) -> TopicTraffic:
        try:
            partitions = await partitions_of(self._link, topic)
        except NotFound:
            return TopicTraffic(topic, (None,) * len(windows), "no such topic")
        moments = sorted({moment for window in windows for moment in (window.start, window.end)})
        earliest, latest, *found = await asyncio.gather(
            offsets(self._link, partitions, End.EARLIEST),
            offsets(self._link, partitions, End.LATEST),
            *(offsets(self._link, partitions, moment) for moment in moments),
        )
        at = {moment: _filled(each, latest) for moment, each in zip(moments, found, strict=True)}
        figures = tuple(_figure(window, earliest, latest, at, is_now=window is windows[0]) for window in windows)
        return TopicTraffic(topic, figures, _SOURCE)


def _filled(found: Offsets, latest: Offsets) -> Offsets:
    """Kafka answers -1 where no message is that young: the end, then."""
    return {place: latest[place] if offset < 0 else offset for place, offset in found.items()}


def _figure(
    window: Window, earliest: Offsets, latest: Offsets, at: Mapping[datetime, Offsets], *, is_now: bool
) -> Measured | None:
    """The window that ends now is known in any case: nothing that young has been deleted."""
    start, end = at[window.start], at[window.end]
    if not is_now and not _reaches_back(start, earliest, latest):
        return None
    return Measured(sum(max(0, end[place] - start[place]) for place in end), window.seconds)


def _reaches_back(start: Offsets, earliest: Offsets, latest: Offsets) -> bool:
    """True where something older than the window is kept, and no partition may have lost a part of the window."""
    holds_older = any(start[place] > earliest[place] for place in start)
    may_have_lost = any(0 < earliest[place] == start[place] and earliest[place] < latest[place] for place in start)
    return holds_older and not may_have_lost
