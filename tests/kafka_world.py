"""A Kafka of one's own on loopback, the real adapter towards it, and a real consumer where a group needs one."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from confluent_kafka import Consumer

from bot.adapters.kafka import KafkaStream
from bot.adapters.kafka_link import KafkaLink
from bot.adapters.kafka_login import KafkaLogin
from bot.adapters.kafka_traffic import BrokerTraffic
from lab.estate.kafka import Account, KafkaStandIn
from lab.estate.kafka.groups import Committed

TOPIC = "integrations_passthrough_messages"
GROUP = f"salesforce-integration-{TOPIC}"
SETTINGS = {"retention.ms": "604800000", "cleanup.policy": "delete"}


@dataclass
class KafkaWorld:
    """One topic with three partitions; nobody consumes."""

    broker: KafkaStandIn
    account: Account
    link: KafkaLink
    stream: KafkaStream
    traffic: BrokerTraffic

    def seed(self, count: int, *, seconds_ago: float, spread: float = 1.0, topic: str = TOPIC) -> None:
        """So many messages, spread over that time from then on."""
        begin = time.time() - seconds_ago
        self.broker.cluster.seed(topic, [begin + spread * n / count for n in range(count)])

    def commit(self, offsets: Mapping[int, int], *, group: str = GROUP, topic: str = TOPIC) -> None:
        """As a consumer did that has gone."""
        held = self.broker.cluster.group(group).offsets
        held |= {(topic, partition): Committed(offset) for partition, offset in offsets.items()}

    def another_link(self, *, deadline_seconds: float = 1.0, **changes: str) -> KafkaLink:
        """With another key, secret or server."""
        values = {"api_key": self.account.key, "api_secret": self.account.secret, "server": self.broker.bootstrap}
        values |= changes
        login = KafkaLogin((values["server"],), "SASL_PLAINTEXT", "PLAIN", values["api_key"], values["api_secret"])
        return KafkaLink(login, deadline_seconds=deadline_seconds)

    @contextlib.asynccontextmanager
    async def consuming(self, group: str = GROUP, topic: str = TOPIC) -> AsyncIterator[Consumer]:
        """A member of the group, once it has its partitions."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.broker.bootstrap,
                "security.protocol": "SASL_PLAINTEXT",
                "sasl.mechanism": "PLAIN",
                "sasl.username": self.account.key,
                "sasl.password": self.account.secret,
                "group.id": group,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
            }
        )
        consumer.subscribe([topic])
        end = time.monotonic() + 15.0
        while not consumer.assignment():
            assert time.monotonic() < end, "the consumer got no partitions"
            await asyncio.to_thread(consumer.poll, 0.05)
        try:
            yield consumer
        finally:
            await asyncio.to_thread(consumer.close)


@contextlib.asynccontextmanager
async def kafka_world() -> AsyncIterator[KafkaWorld]:
    """Started, and gone with the block."""
    async with KafkaStandIn(security="SASL_PLAINTEXT") as broker:
        account = broker.accounts.add("CLUSTERKEY000001")
        broker.topics.create(TOPIC, 3, dict(SETTINGS))
        login = KafkaLogin((broker.bootstrap,), "SASL_PLAINTEXT", "PLAIN", account.key, account.secret)
        link = KafkaLink(login, deadline_seconds=1.0)
        yield KafkaWorld(broker, account, link, KafkaStream(link), BrokerTraffic(link))
        await link.aclose()
