"""Can Kafka be reached, and do the expected topics exist with the expected settings?"""

from __future__ import annotations

import asyncio

from bot.checks.registry import check
from bot.domain.errors import AccessDenied, BadAnswer, SfintError, Unreachable
from bot.domain.finding import Finding, Outcome
from bot.domain.judged import finding_of
from bot.domain.kafka import Kafka, access_request
from bot.domain.kafka_topics import described, judge_topic
from bot.domain.target import Target
from bot.ports.estate import Estate
from bot.ports.stream import Stream
from bot.readings.stream_errors import StreamErrors, read_stream_errors

_NAME, _COMPONENT = "kafka-topics", "kafka"
_CODES = (
    "kafka-topics.ok",
    "kafka-topics.unknown",
    "kafka.unreachable",
    "kafka.access-denied",
    "kafka.topic-missing",
    "kafka.topic-leaderless",
    "kafka.topic-differs",
)
_PATIENCE, _HESITATION = 0.85, 0.25
"""Shares of the check's time: to decide within, and to wait for an answer before the log is read as well."""
_MOST_SHOWN = 20


def _has_kafka(target: Target, estate: Estate) -> bool:
    return target.kafka is not None and estate.stream is not None


@check(_NAME, component=_COMPONENT, codes=_CODES, applies=_has_kafka)
async def kafka_topics(target: Target, estate: Estate) -> Finding:
    """Compares topics, partitions and settings with the expected ones; shows what is there where none are named.

    Kafka counts as unreachable only when the middleware cannot read from it either: our own way there may be at
    fault, and then nothing is known.
    """
    kafka, stream = target.kafka, estate.stream
    if kafka is None or stream is None:
        raise Unreachable("no Kafka is configured")
    log = asyncio.create_task(_middleware_errors(target, estate))
    try:
        return await _asked(kafka, stream, log, target.timings.check_seconds * _PATIENCE)
    finally:
        log.cancel()


async def _asked(kafka: Kafka, stream: Stream, log: asyncio.Task[StreamErrors], seconds: float) -> Finding:
    try:
        async with asyncio.timeout(seconds):
            return await _compared(kafka, stream)
    except TimeoutError:
        return _not_asked(kafka, Unreachable(f"no answer within {seconds:.1f} s"), await log)
    except (Unreachable, AccessDenied, BadAnswer) as error:
        return _not_asked(kafka, error, await log)


async def _middleware_errors(target: Target, estate: Estate) -> StreamErrors:
    """Read only where Kafka hesitates, and alongside, so that both answers are there in time."""
    seconds = target.timings.check_seconds
    await estate.clock.sleep(seconds * _HESITATION)
    return await read_stream_errors(target, estate, seconds=seconds * (_PATIENCE - _HESITATION))


async def _compared(kafka: Kafka, stream: Stream) -> Finding:
    if not kafka.topics:
        return await _shown(stream)
    seen = await stream.topics(kafka.topic_names)
    judged = [judge_topic(expected, view) for expected, view in zip(kafka.topics, seen, strict=True)]
    well = "the expected topic is" if len(judged) == 1 else f"all {len(judged)} expected topics are"
    advice = {"kafka.access-denied": access_request(kafka)}
    return finding_of(_NAME, _COMPONENT, "Kafka", judged, f"{well} as wanted", advice)


async def _shown(stream: Stream) -> Finding:
    names = await stream.topic_names()
    seen = await stream.topics(names[:_MOST_SHOWN])
    summary = f"Kafka: {len(names)} topics; no expected topics are configured, so nothing is judged"
    return Finding(_NAME, _COMPONENT, Outcome.OK, "kafka-topics.ok", summary, tuple(map(described, seen)))


def _not_asked(kafka: Kafka, error: SfintError, log: StreamErrors) -> Finding:
    if log.counts:
        summary = f"Kafka is unreachable, for us ({error}) and for the middleware"
        return Finding(_NAME, _COMPONENT, Outcome.FAILING, "kafka.unreachable", summary, log.lines)
    alone = log.lines or (_only_ours(log),)
    if isinstance(error, AccessDenied):
        evidence = (access_request(kafka), *alone)
        return Finding(_NAME, _COMPONENT, Outcome.UNKNOWN, "kafka.access-denied", f"Kafka: {error}", evidence)
    return Finding(_NAME, _COMPONENT, Outcome.UNKNOWN, "kafka-topics.unknown", f"Kafka: {error}", alone)


def _only_ours(log: StreamErrors) -> str:
    gap = f" ({log.gap})" if log.gap else ""
    return f"the middleware's log shows no reading error{gap}: it may be only our own way to Kafka"
