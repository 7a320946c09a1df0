"""Kafka asked by a process of its own, against the lab's broker: the same answers, and no harm when it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from bot.adapters.kafka_apart import KafkaApart, StreamApart, TrafficApart
from bot.adapters.kafka_frames import KafkaKey
from bot.adapters.kafka_login import KafkaLogin
from bot.domain.errors import AccessDenied, NotFound, Unreachable
from bot.domain.kafka_groups import GroupState
from tests.kafka_world import GROUP, TOPIC, KafkaWorld, kafka_world

DEADLINE = 1.0


@pytest.fixture
async def kafka() -> AsyncIterator[KafkaWorld]:
    """A broker."""
    async with kafka_world() as world:
        yield world


@pytest.fixture
async def apart() -> AsyncIterator[KafkaApart]:
    """No process yet; gone afterwards."""
    apart = KafkaApart()
    yield apart
    pid = apart.pid
    await apart.aclose()
    assert pid is None or not psutil.pid_exists(pid)


def stream(apart: KafkaApart, kafka: KafkaWorld) -> StreamApart:
    """The port, over there."""
    return StreamApart(apart, KafkaKey(kafka.link.login, DEADLINE))


async def test_the_answers_are_those_of_the_stream_itself(kafka: KafkaWorld, apart: KafkaApart) -> None:
    """Topics, groups and offsets come over as they are, and so do refusals."""
    there = stream(apart, kafka)

    assert await there.topic_names() == await kafka.stream.topic_names()
    assert await there.topics([TOPIC]) == await kafka.stream.topics([TOPIC])
    assert (await there.group("nobody")).state is GroupState.DEAD
    assert len(await there.progress(GROUP, TOPIC)) == 3
    assert await TrafficApart(apart, KafkaKey(kafka.link.login, DEADLINE)).messages([TOPIC], []) == (
        await kafka.traffic.messages([TOPIC], [])
    )
    with pytest.raises(NotFound):
        await there.progress(GROUP, "no-such-topic")


async def test_a_wrong_key_is_refused_over_there_too(kafka: KafkaWorld, apart: KafkaApart) -> None:
    """The error keeps its kind."""
    link = kafka.another_link(api_secret="wrong")
    with pytest.raises(AccessDenied):
        await StreamApart(apart, KafkaKey(link.login, DEADLINE)).topics([TOPIC])
    await link.aclose()


async def test_a_process_that_dies_is_an_answer_and_is_replaced(kafka: KafkaWorld, apart: KafkaApart) -> None:
    """As when an assertion of librdkafka fails: who waits is told at once, and the next question is answered."""
    there = stream(apart, kafka)
    await there.topic_names()
    kafka.broker.faults.is_silent = True
    waiting = asyncio.ensure_future(there.topics([TOPIC]))
    await asyncio.sleep(0)
    first = apart.pid
    assert first is not None
    os.kill(first, signal.SIGABRT)

    with pytest.raises(Unreachable, match="broke off"):
        await waiting
    kafka.broker.faults.clear()
    assert TOPIC in await there.topic_names()
    assert apart.pid not in (None, first)


async def test_brokers_that_come_and_go_never_end_the_asker(kafka: KafkaWorld, apart: KafkaApart) -> None:
    """Silent, garbage, well again: every question has an answer or a reason."""
    there = stream(apart, kafka)

    async def ask() -> bool:
        try:
            await asyncio.gather(there.topics([TOPIC]), there.group(GROUP), there.progress(GROUP, TOPIC))
        except Unreachable:
            return False
        return True

    kafka.broker.faults.is_silent = True
    assert not await ask()
    kafka.broker.faults.is_silent, kafka.broker.faults.answers_garbage = False, True
    assert not await ask()
    kafka.broker.faults.clear()
    for _ in range(20):
        if await ask():
            break
    else:
        pytest.fail("Kafka came back, and was never seen again")


async def test_one_that_hangs_is_replaced(kafka: KafkaWorld) -> None:
    """Alive, and silent for longer than any question takes."""
    apart = KafkaApart(patience_seconds=0.2)
    there = stream(apart, kafka)
    await there.topic_names()
    first = apart.pid
    assert first is not None
    os.kill(first, signal.SIGSTOP)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await there.topics([TOPIC])

    assert TOPIC in await there.topic_names()
    assert apart.pid != first
    await apart.aclose()
    assert not psutil.pid_exists(first)


async def test_it_ends_with_its_asker(kafka: KafkaWorld, tmp_path: Path) -> None:
    """Even by kill -9: the end of its input is the end of it."""
    script = (
        "import asyncio, sys\n"
        "from bot.adapters.kafka_apart import KafkaApart, StreamApart\n"
        "from bot.adapters.kafka_frames import KafkaKey\n"
        "from bot.adapters.kafka_login import KafkaLogin\n"
        "async def main():\n"
        "    apart = KafkaApart()\n"
        "    login = KafkaLogin((sys.argv[1],), 'SASL_PLAINTEXT', 'PLAIN', sys.argv[2], sys.argv[3])\n"
        "    await StreamApart(apart, KafkaKey(login, 1.0)).topic_names()\n"
        "    print(apart.pid, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    account = kafka.account
    asker = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, kafka.broker.bootstrap, account.key, account.secret,
        stdout=asyncio.subprocess.PIPE, cwd=tmp_path,
    )  # fmt: skip
    assert asker.stdout is not None
    process = psutil.Process(int(await asker.stdout.readline()))
    asker.kill()
    await asker.wait()

    await asyncio.to_thread(process.wait, 5.0)


async def test_it_gets_no_secret_by_its_environment(
    kafka: KafkaWorld, apart: KafkaApart, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The login goes through the pipe; the bot's tokens do not go anywhere."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-canary")
    await stream(apart, kafka).topic_names()

    assert apart.pid is not None
    assert "xoxb-canary" not in str(psutil.Process(apart.pid).environ())
    assert kafka.account.secret not in " ".join(psutil.Process(apart.pid).cmdline())


async def test_an_endless_complaint_holds_nobody_up(
    apart: KafkaApart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it says on standard error is read on, however long the line: a full pipe would stop the process."""
    talks = "import sys; sys.stderr.write('E' * 300_000 + '\\n' + 'x' * 300_000 + '\\nassertion failed\\n')"
    (tmp_path / "talkative.py").write_text(talks, encoding="utf-8")
    monkeypatch.setattr("bot.adapters.kafka_apart._SERVER", "talkative")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    with pytest.raises(Unreachable, match="assertion failed"):
        async with asyncio.timeout(10):
            await apart.ask(KafkaKey(KafkaLogin(("127.0.0.1:1",)), DEADLINE), "topic_names")
