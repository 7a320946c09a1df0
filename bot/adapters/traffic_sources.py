"""Two ways to know a topic's traffic: the second is asked for what the first does not know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.errors import SfintError
from bot.domain.kafka_traffic import TopicTraffic, Window
from bot.ports.traffic import Traffic


class TrafficSources:
    """Implements `bot.ports.traffic.Traffic`.

    Figures of different sources are not mixed in one topic: each counts in its own way.
    """

    def __init__(self, first: Traffic, second: Traffic) -> None:
        self._first = first
        self._second = second

    async def messages(self, topics: Sequence[str], windows: Sequence[Window]) -> tuple[TopicTraffic, ...]:
        """The first one's answer where it has a figure for now; raises what the second raises."""
        try:
            told = await self._first.messages(topics, windows)
        except SfintError as error:
            return tuple(_instead(each, str(error)) for each in await self._second.messages(topics, windows))
        unknown = [each.topic for each in told if each.figures[0] is None]
        if not unknown:
            return told
        more = {each.topic: each for each in await self._second.messages(unknown, windows)}
        return tuple(more.get(each.topic, each) for each in told)


def _instead(answer: TopicTraffic, why: str) -> TopicTraffic:
    return replace(answer, doubt=why)
