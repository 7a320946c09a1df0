"""What the lab can do to Kafka's clients: away, silent, late, garbage, a revoked key; and other ways to listen."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from lab.estate.kafka import KafkaStandIn


class Client:
    """An admin client that keeps the errors it is told of."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.errors: list[str] = []
        self._admin = AdminClient({**options, "error_cb": self._note, "log_level": 0})

    def _note(self, error: KafkaError) -> None:
        self.errors.append(f"{error.name()}: {error.str()}")

    async def topics(self, seconds: float = 5.0) -> set[str]:
        """Their names. Raises KafkaException."""
        found = await asyncio.to_thread(self._admin.list_topics, timeout=seconds)
        return set(found.topics)

    async def fails(self, words: str) -> None:
        """No answer within a second, and an error with these words."""
        with pytest.raises(KafkaException) as caught:
            await self.topics(1.0)
        assert caught.value.args[0].name() == "_TRANSPORT"
        async with asyncio.timeout(10):
            while not any(words in error for error in self.errors):
                self._admin.poll(0)
                await asyncio.sleep(0.02)


@pytest.fixture
async def kafka() -> AsyncIterator[KafkaStandIn]:
    async with KafkaStandIn() as broker:
        broker.topics.create("t", 1)
        yield broker


@pytest.fixture
def client(kafka: KafkaStandIn, tmp_path: Path) -> Client:
    return Client(_options(kafka, tmp_path))


def _options(kafka: KafkaStandIn, directory: Path) -> dict[str, Any]:
    ca_file = kafka.certificate.write_authority(directory / "ca.pem")
    return dict(kafka.client_config(kafka.accounts.add("KEY"), ca_file))


async def test_a_broker_that_is_down_refuses_and_is_found_again(kafka: KafkaStandIn, client: Client) -> None:
    """Open connections are dropped; it comes back on the same port with all it had."""
    assert await client.topics() == {"t"}
    await kafka.go_down()
    await client.fails("Connection refused")
    await kafka.come_up()

    assert await client.topics() == {"t"}


async def test_a_silent_broker_ends_in_a_time_out(kafka: KafkaStandIn, client: Client) -> None:
    """It takes the connection and never answers."""
    kafka.faults.is_silent = True
    with pytest.raises(KafkaException):
        await client.topics(1.0)


async def test_garbage_is_told(kafka: KafkaStandIn, client: Client) -> None:
    """An HTTP answer in Kafka's place."""
    kafka.faults.answers_garbage = True

    await client.fails("_BAD_MSG")


async def test_a_slow_broker_answers_late(kafka: KafkaStandIn, client: Client) -> None:
    """Every answer waits."""
    await client.topics()
    kafka.faults.delay_seconds = 0.5
    began = time.monotonic()

    assert await client.topics() == {"t"}
    assert time.monotonic() - began >= 0.5


async def test_a_revoked_key_is_not_let_in(kafka: KafkaStandIn, client: Client) -> None:
    """_AUTHENTICATION, in the error callback."""
    kafka.accounts.revoke("KEY")

    await client.fails("_AUTHENTICATION")


async def test_a_certificate_of_a_stranger_is_not_trusted(kafka: KafkaStandIn, tmp_path: Path) -> None:
    """_SSL, in the error callback."""
    stranger = KafkaStandIn().certificate.write_authority(tmp_path / "stranger.pem")
    client = Client(_options(kafka, tmp_path) | {"ssl.ca.location": str(stranger)})

    await client.fails("_SSL")


async def test_a_client_without_tls_gets_nothing(kafka: KafkaStandIn, tmp_path: Path) -> None:
    """The listener speaks TLS only."""
    options = _options(kafka, tmp_path) | {"security.protocol": "SASL_PLAINTEXT"}
    del options["ssl.ca.location"]

    await Client(options).fails("_ALL_BROKERS_DOWN")


@pytest.mark.parametrize("security", ["SASL_PLAINTEXT", "PLAINTEXT"])
async def test_the_lab_can_listen_without_tls_and_without_a_login(security: str) -> None:
    """For whoever has no certificate at hand."""
    with tempfile.TemporaryDirectory() as directory:
        async with KafkaStandIn(security=security) as kafka:
            kafka.topics.create("t", 1)
            options = kafka.client_config(kafka.accounts.add("KEY"), Path(directory) / "none.pem")

            assert await Client(dict(options)).topics() == {"t"}
