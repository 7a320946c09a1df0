"""The Kafka consumer: what users write arrives by topic and goes on to their agent.

Kafka is no condition of the boot, and nothing that it does ends the process: the errors go to the log.
"""

from __future__ import annotations

import asyncio
import json

from confluent_kafka import Consumer, KafkaError, Message

from lab.estate.middleware import log
from lab.estate.middleware.interconnection import Interconnection
from lab.estate.middleware.live_agent import LiveAgentClient
from lab.estate.middleware.polling import Polling
from lab.estate.middleware.proxy import CallFailure
from lab.estate.middleware.settings import Settings

SERVICE = "salesforce-integration"
_WAIT_SECONDS = 0.5
_SESSION_MS = 6_000


class UnreadableMessage(Exception):
    """Not what the platform sends; the text is Go's own."""


class Passthrough:
    """One consumer a topic, as the real one has, each in the group `<service>-<topic>`."""

    def __init__(self, settings: Settings, polling: Polling, agent: LiveAgentClient) -> None:
        self._settings, self._polling, self._agent = settings, polling, agent
        self._said: dict[str, tuple[str, int]] = {}

    async def run(self) -> None:
        """Read every topic, for ever."""
        async with asyncio.TaskGroup() as tasks:
            for topic in self._settings.kafka_topics:
                tasks.create_task(self._read(topic))

    async def _read(self, topic: str) -> None:
        consumer = Consumer(_options(self._settings, topic))
        consumer.subscribe([topic])
        try:
            while True:
                # librdkafka blocks, so it waits in a thread.
                message = await asyncio.to_thread(consumer.poll, _WAIT_SECONDS)
                if message is not None:
                    await self._take(message, topic)
        finally:
            consumer.close()

    async def _take(self, message: Message, topic: str) -> None:
        error = message.error()
        if error is not None:
            _complain(error, topic)
            return
        try:
            await self._process(message.value() or b"")
        except (UnreadableMessage, CallFailure) as failure:
            log.error(f"[process_error:{failure}][topic:{topic}]", error=str(failure))

    async def _process(self, value: bytes) -> None:
        """A user without a chat talks to the bot, which is no business of ours."""
        try:
            body = json.loads(value)
            client, user_id, text = str(body["client"]), str(body["userID"]), str(body["text"])
        except (ValueError, KeyError, TypeError) as error:
            raise UnreadableMessage(f"json: cannot unmarshal message : {error}") from error
        chat = self._polling.live(client, user_id)
        if chat is None:
            return
        await self._agent.say(chat, text, self._next_sequence(chat))

    def _next_sequence(self, chat: Interconnection) -> int:
        """A new affinity token begins a new count; ChasitorInit was the first of the first."""
        affinity, last = self._said.get(chat.session_key, (chat.affinity_token, 1))
        sequence = last + 1 if affinity == chat.affinity_token else 1
        self._said[chat.session_key] = (chat.affinity_token, sequence)
        return sequence


def _options(settings: Settings, topic: str) -> dict[str, object]:
    def complain(error: KafkaError) -> None:
        _complain(error, topic)

    options: dict[str, object] = {
        "bootstrap.servers": f"{settings.kafka_host}:{settings.kafka_port}",
        "client.id": SERVICE,
        "group.id": f"{SERVICE}-{topic}",
        "auto.offset.reset": "latest",
        "auto.commit.interval.ms": 1_000,
        "session.timeout.ms": _SESSION_MS,
        # A refused dial comes back at once here, and would fill the log at a rate that no network has.
        "reconnect.backoff.ms": 1_000,
        "error_cb": complain,
        # What librdkafka would print to standard error reaches the log as errors already.
        "log_level": 0,
    }
    if settings.kafka_user:
        options |= {
            "security.protocol": "SASL_SSL",
            "sasl.mechanisms": "PLAIN",
            "sasl.username": settings.kafka_user,
            "sasl.password": settings.kafka_password,
        }
    return options | ({"ssl.ca.location": settings.kafka_ca_file} if settings.kafka_ca_file else {})


def _complain(error: KafkaError, topic: str) -> None:
    log.error(f"[reading_err:{error.str()}][topic:{topic}]", error=error.str())
