"""The middleware's Kafka consumer as a process: users' messages reach their agent, or the log says why not."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lab.estate.kafka import KafkaStandIn
from lab.estate.kafka.groups import State
from lab.estate.live_agent import LiveAgentStandIn
from lab.estate.middleware.settings import PREFIX
from tests.lab.estate.middleware.test_middleware_process import Middleware, environ, middleware
from tests.lab.estate.middleware.valkey_process import eventually

__all__ = ["environ", "middleware"]
TOPIC = "integrations_passthrough_messages"
GROUP = f"salesforce-integration-{TOPIC}"


@pytest.fixture
async def kafka() -> AsyncIterator[KafkaStandIn]:
    async with KafkaStandIn() as broker:
        broker.topics.create(TOPIC)
        # A group that has read before: a new one would begin behind what it finds.
        broker.cluster.commit_all(GROUP, TOPIC)
        yield broker


@pytest.fixture
async def consuming(
    environ: dict[str, str],
    kafka: KafkaStandIn,
    tmp_path: Path,
) -> AsyncIterator[Middleware]:
    """The process, with Kafka configured; it is not waited for, only for its boot."""
    host, port = kafka.cluster.address
    account = kafka.accounts.add("MIDDLEWARE")
    variables = {
        "KAFKA_HOST": host,
        "KAFKA_PORT": str(port),
        "KAFKA_USER": account.key,
        "KAFKA_PASSWORD": account.secret,
        "KAFKA_TOPIC": TOPIC,
        "LAB_KAFKA_CA_FILE": str(kafka.certificate.write_authority(tmp_path / "ca.pem")),
    }
    process = Middleware(environ | {PREFIX + name: value for name, value in variables.items()})
    await process.start()
    await process.logs("Starting server")
    yield process
    await process.kill()


async def _until_joined(kafka: KafkaStandIn) -> None:
    async def is_stable() -> bool:
        return kafka.cluster.group(GROUP).state is State.STABLE

    await eventually(is_stable)


def _message(kafka: KafkaStandIn, value: bytes) -> None:
    kafka.cluster.seed(TOPIC, [time.time()], value)


async def test_a_user_s_message_reaches_the_agent_of_the_open_chat(
    consuming: Middleware, kafka: KafkaStandIn, agent: LiveAgentStandIn
) -> None:
    """In the order of LiveAgent's sequence; one of a user without a chat goes nowhere."""
    await _until_joined(kafka)
    await consuming.connect()
    await consuming.logs("Event [ChatRequestSuccess]")
    _message(kafka, b'{"client": "acme", "userID": "5215500000001", "text": "to the bot"}')
    _message(kafka, b'{"client": "acme", "userID": "5215512345678", "text": "one"}')
    _message(kafka, b'{"client": "acme", "userID": "5215512345678", "text": "two"}')

    async def both_are_there() -> bool:
        return len(said()) == 2

    def said() -> list[tuple[str, str]]:
        found = [one for one in agent.requests if one.path.endswith("/Chasitor/ChatMessage")]
        return [(one.headers["x-liveagent-sequence"], one.body) for one in found]

    await eventually(both_are_there)
    assert said() == [("2", '{"text": "one"}'), ("3", '{"text": "two"}')]


async def test_a_message_that_cannot_be_read_is_logged_and_passed_over(
    consuming: Middleware, kafka: KafkaStandIn
) -> None:
    """`[process_error:…][topic:…]`, and the next one is taken."""
    await _until_joined(kafka)
    _message(kafka, b"no json")
    _message(kafka, b"{}")

    await consuming.logs("[process_error:json: cannot unmarshal message")
    await consuming.logs("'client'][topic:integrations_passthrough_messages]")


async def test_kafka_is_no_condition_of_the_boot_nor_its_end(consuming: Middleware, kafka: KafkaStandIn) -> None:
    """Refused connections are `[reading_err:…][topic:…]`; chats are served meanwhile, and the group comes back."""
    await _until_joined(kafka)
    await kafka.go_down()
    entry = await consuming.logs("[reading_err:")

    assert str(entry["msg"]).endswith(f"Connection refused (after 0ms in state CONNECT)][topic:{TOPIC}]")
    assert entry["severity"] == "error"
    assert (await consuming.connect()).status_code == 200
    await kafka.come_up()
    _message(kafka, b"no json")
    await consuming.logs("[process_error:")


async def test_without_a_host_nothing_is_consumed(middleware: Middleware, kafka: KafkaStandIn) -> None:
    """The consumer is off."""
    await middleware.connect()

    assert not kafka.cluster.group(GROUP).members
    assert not [line for line in middleware.lines if "reading_err" in line]
