"""Questions about a target's Kafka: the key, each expected topic, each group, and Confluent's metrics."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from bot.domain.errors import AccessDenied, NotFound
from bot.domain.finding import Outcome
from bot.domain.kafka import ExpectedTopic, Kafka, access_request
from bot.domain.kafka_topics import TopicProblem, judge_topic
from bot.domain.kafka_traffic import windows_until
from bot.domain.proof import Question
from bot.domain.target import Target
from bot.ports.estate import Estate
from bot.ports.stream import Stream
from bot.ports.traffic import Traffic


def kafka_questions(target: Target, estate: Estate) -> Sequence[Question]:
    """None for a target without Kafka; where no topics are expected, only whether the key lets us in."""
    kafka, stream, traffic = target.kafka, estate.stream, estate.traffic
    if kafka is None or stream is None or traffic is None:
        return ()
    path, subject = f"targets.{target.name}.kafka", f"kafka {target.name}"
    key = f"correct {path}: bootstrap_servers, security_protocol, api_key, api_secret, ca_file"
    access = f"correct {path}.expected_topics, or {access_request(kafka)}"
    groups = dict.fromkeys(group for group, _ in kafka.readers)
    questions = [Question(subject, "log-in", lambda: _log_in(stream), key)]
    questions += [
        Question(subject, f"topic {topic.name}", _topic_question(stream, topic), access) for topic in kafka.topics
    ]
    questions += [Question(subject, f"group {group}", _group_question(stream, group), access) for group in groups]
    if kafka.topics:
        fix = f"correct {path}.traffic, or {path}.confluent: api_key (a CLOUD key), api_secret, cluster_id"
        questions.append(Question(subject, "traffic", lambda: _traffic(kafka, traffic, estate), fix))
    return questions


async def _log_in(stream: Stream) -> str:
    return f"sees {len(await stream.topic_names())} topics"


def _topic_question(stream: Stream, expected: ExpectedTopic) -> Callable[[], Awaitable[str]]:
    async def ask() -> str:
        (seen,) = await stream.topics([expected.name])
        judged = judge_topic(expected, seen)
        if judged.outcome is Outcome.OK:
            return judged.line
        if seen.problem is TopicProblem.MISSING:
            raise NotFound(judged.line)
        raise AccessDenied(judged.line)

    return ask


def _group_question(stream: Stream, name: str) -> Callable[[], Awaitable[str]]:
    async def ask() -> str:
        seen = await stream.group(name)
        return f"{seen.state}, {seen.members} members"

    return ask


async def _traffic(kafka: Kafka, traffic: Traffic, estate: Estate) -> str:
    seen = await traffic.messages(kafka.topic_names, windows_until(estate.clock.now(), kafka.traffic))
    doubt = next((each.doubt for each in seen if each.doubt), "")
    if doubt:
        raise AccessDenied(doubt)
    return f"read from {', '.join(dict.fromkeys(each.source for each in seen))}"
