"""The bot platform upstream of the middleware: what its users write goes to a Kafka topic, today as on any day."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from pathlib import Path

from confluent_kafka import Producer

from lab.estate.kafka import KafkaStandIn

TOPIC = "integrations_passthrough_messages"
PARTITIONS = 6
_A_SECOND = 2
_USERS = tuple(f"52155{number:08d}" for number in range(10_000_000, 10_000_012))
_EARLIER_DAYS, _HOURS_BEFORE, _HOURS_AFTER = 6, 1, 12
_MINUTE_SECONDS, _HOUR_SECONDS, _DAY_SECONDS = 60, 3600, 86_400


class BotPlatform:
    """Two messages a second by a client of its own. `user_ids` take turns; `pause` is the silence upstream.

    Topic and history are there from the start: the same load in the same hours of the six days before, and from
    the hour before until now; and the groups named in `readers` have read all of it.
    """

    def __init__(self, kafka: KafkaStandIn, *, readers: tuple[str, ...] = (), topic: str = TOPIC) -> None:
        self._kafka, self._readers, self.topic = kafka, readers, topic
        self._account = kafka.accounts.add("PLATFORMKEY00001")
        self.user_ids = list(_USERS)
        self._ticking: asyncio.Task[None] | None = None
        self._producer: Producer

    async def start(self, ca_file: Path) -> None:
        """Make topic and history, begin to produce. The broker listens already."""
        self._kafka.topics.create(self.topic, PARTITIONS)
        self._remember()
        options: dict[str, object] = {
            **self._kafka.client_config(self._account, ca_file),
            "client.id": "bot-platform",
            "enable.idempotence": True,
            # What could not be sent is gone with its user's patience, and does not come in a heap later.
            "message.timeout.ms": 3_000,
            "log_level": 0,
        }
        self._producer = Producer(options)
        self.resume()

    async def stop(self) -> None:
        """Produce no more."""
        self.pause()

    def pause(self) -> None:
        """Users, or whatever passes their messages on, fall silent."""
        if self._ticking is not None:
            self._ticking.cancel()
            self._ticking = None

    def resume(self) -> None:
        """Users write again."""
        if self._ticking is None:
            self._ticking = asyncio.create_task(self._tick())

    async def is_heard(self) -> bool:
        """Whether messages arrive and every reader keeps up with them."""
        before = self._end()
        await asyncio.sleep(2 / _A_SECOND)
        offsets = [self._kafka.cluster.group(group).offsets for group in self._readers]
        read = [sum(committed.offset for committed in each.values()) for each in offsets]
        return 0 < before < self._end() and all(reached >= before for reached in read)

    def _end(self) -> int:
        topic = self._kafka.topics.find(self.topic)
        return sum(partition.end_offset for partition in topic.partitions) if topic is not None else 0

    def restore_topic(self) -> None:
        """Make the topic again after somebody deleted it, with its history and the groups' place in it."""
        self._kafka.topics.create(self.topic, PARTITIONS)
        self._remember()

    def _remember(self) -> None:
        now = time.time()
        this_minute = int(now) // _MINUTE_SECONDS * _MINUTE_SECONDS
        this_hour = int(now) // _HOUR_SECONDS * _HOUR_SECONDS
        hours = [
            this_hour - day * _DAY_SECONDS + hour * _HOUR_SECONDS
            for day in range(_EARLIER_DAYS, 0, -1)
            for hour in range(-_HOURS_BEFORE, _HOURS_AFTER)
        ]
        today = this_hour - _HOURS_BEFORE * _HOUR_SECONDS
        self._seed(_HOUR_SECONDS, [hour for hour in hours if hour + _HOUR_SECONDS <= today])
        self._seed(_MINUTE_SECONDS, range(today, this_minute, _MINUTE_SECONDS))
        begun = int((now - this_minute) * _A_SECOND)
        self._kafka.cluster.seed(self.topic, [this_minute + number / _A_SECOND for number in range(begun)])
        for group in self._readers:
            self._kafka.cluster.commit_all(group, self.topic)

    def _seed(self, seconds: int, starts: Sequence[int]) -> None:
        self._kafka.cluster.seed_spans(self.topic, starts, seconds=seconds, records=_A_SECOND * seconds)

    async def _tick(self) -> None:
        number = 0
        while True:
            user_id = self.user_ids[number % len(self.user_ids)]
            message = {"client": "acme", "userID": user_id, "text": "hola", "timestamp": int(time.time() * 1000)}
            try:
                self._producer.produce(self.topic, json.dumps(message), key=user_id)
            except BufferError:
                # A queue this full means minutes without a broker; its users have long given up.
                self._producer.purge()
            self._producer.poll(0)
            number += 1
            await asyncio.sleep(1 / _A_SECOND)
