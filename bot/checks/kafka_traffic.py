"""Do the expected topics carry their regular load?"""

from __future__ import annotations

from dataclasses import replace

from bot.checks.registry import check
from bot.domain.errors import Unreachable
from bot.domain.finding import Finding
from bot.domain.judged import finding_of
from bot.domain.kafka_traffic import judge_traffic, windows_until
from bot.domain.target import Target
from bot.ports.estate import Estate

_NAME, _COMPONENT = "kafka-traffic", "kafka"
_CODES = (
    "kafka-traffic.ok",
    "kafka-traffic.unknown",
    "kafka.traffic-stopped",
    "kafka.traffic-quiet",
    "kafka.traffic-no-history",
    "kafka.traffic-unknown",
)


def _has_topics(target: Target, estate: Estate) -> bool:
    return target.kafka is not None and bool(target.kafka.topics) and estate.traffic is not None


@check(_NAME, component=_COMPONENT, codes=_CODES, applies=_has_topics)
async def kafka_traffic(target: Target, estate: Estate) -> Finding:
    """Counts each topic's messages in the window that ends now, against the same hour of the days before."""
    kafka, traffic = target.kafka, estate.traffic
    if kafka is None or traffic is None:
        raise Unreachable("no Kafka is configured")
    seen = await traffic.messages(kafka.topic_names, windows_until(estate.clock.now(), kafka.traffic))
    judged = [judge_traffic(each, kafka.traffic) for each in seen]
    compared = sum(kafka.traffic.minimum_windows <= _known(each.figures[1:]) for each in seen)
    finding = finding_of(_NAME, _COMPONENT, "Kafka traffic", judged, _well(compared, len(seen)))
    doubts = dict.fromkeys(each.doubt for each in seen if each.doubt)
    return replace(finding, evidence=(*finding.evidence, *doubts))


def _known(figures: tuple[object, ...]) -> int:
    return sum(figure is not None for figure in figures)


def _well(compared: int, topics: int) -> str:
    if compared == topics:
        return "the regular load" if topics == 1 else f"all {topics} topics carry their regular load"
    return f"messages flow; not enough history to compare {topics - compared} of {topics}"
