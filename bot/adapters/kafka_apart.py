"""Kafka asked by a process of its own: librdkafka ends the process it lives in when an assertion of it fails.

That happens where a broker goes away while the admin client waits for its answer (issues 3663 and 4605 of
confluentinc/librdkafka), which is just when somebody asks what is wrong with Kafka; see docs/adr/.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import pickle
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import structlog

from bot.adapters.kafka_frames import KafkaKey, Reply, Request, read_frame, written
from bot.domain.errors import Unreachable
from bot.domain.kafka_groups import GroupView, PartitionProgress
from bot.domain.kafka_topics import TopicView
from bot.domain.kafka_traffic import TopicTraffic, Window

_log = structlog.get_logger(__name__)
_SERVER = "bot.adapters.kafka_server"
_INHERITED = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "HOME", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""Of the bot's environment, in which its secrets are: what Python and OpenSSL need, and no more."""
_GRACE_SECONDS = 1.0
_HEARD_BYTES = 8192


@dataclass(eq=False)
class _Child:
    """The process, what it was asked, and what it said last on standard error."""

    process: asyncio.subprocess.Process
    stdin: asyncio.StreamWriter
    waiting: dict[int, asyncio.Future[Any]] = field(default_factory=dict)
    last_words: str = ""
    silent_since: float | None = None
    """When it was asked the first question since its last answer, by the loop's clock; None when none is open."""


class KafkaApart:
    """One for all targets: the process holds a client for each cluster; it begins with the first question."""

    def __init__(self, *, patience_seconds: float = 30.0) -> None:
        """`patience_seconds`: every question has a shorter deadline; one silent for so long is replaced."""
        self._patience_seconds = patience_seconds
        self._numbers = itertools.count()
        self._child: _Child | None = None
        self._starting = asyncio.Lock()
        self._readers: set[asyncio.Task[None]] = set()

    async def begin(self) -> None:
        """Starts the process before the first question, which then need not wait for Python and librdkafka."""
        try:
            await self._running()
        except Unreachable as error:
            _log.warning("the process that asks Kafka has not started", problem=str(error))

    async def ask(self, key: KafkaKey, method: str, *arguments: object) -> Any:
        """The answer of that method there, or the SfintError that it raised; Unreachable when the process ends."""
        child = await self._running()
        number = next(self._numbers)
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        child.waiting[number] = answer
        if child.silent_since is None:
            child.silent_since = asyncio.get_running_loop().time()
        try:
            child.stdin.write(written(Request(number, key, method, arguments)))
            await child.stdin.drain()
            return await answer
        except (BrokenPipeError, ConnectionResetError) as error:
            raise _gone(child) from error
        finally:
            child.waiting.pop(number, None)

    async def aclose(self) -> None:
        """Ends the process: it leaves when its standard input does."""
        child, self._child = self._child, None
        if child is not None:
            child.stdin.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_GRACE_SECONDS):
                    await child.process.wait()
            if child.process.returncode is None:
                child.process.kill()
                await child.process.wait()
        await asyncio.gather(*self._readers)

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return self._child.process.pid if self._child is not None else None

    async def _running(self) -> _Child:
        async with self._starting:
            if self._child is not None and self._is_hung(self._child):
                _log.warning("the process that asks Kafka says nothing any more; starting another")
                self._child.process.kill()
                self._child = None
            if self._child is None:
                self._child = await self._start()
            return self._child

    def _is_hung(self, child: _Child) -> bool:
        now = asyncio.get_running_loop().time()
        return child.silent_since is not None and now - child.silent_since > self._patience_seconds

    async def _start(self) -> _Child:
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                "-m",
                _SERVER,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env={name: os.environ[name] for name in _INHERITED if name in os.environ},
            )
        except OSError as error:
            raise Unreachable(f"the Kafka client could not be started: {error.strerror}") from error
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise AssertionError("asked for three pipes")
        child = _Child(process, process.stdin)
        for read in (self._answers(child, process.stdout), self._complaints(child, process.stderr)):
            task = asyncio.create_task(read)
            self._readers.add(task)
            task.add_done_callback(self._readers.discard)
        return child

    async def _answers(self, child: _Child, stdout: asyncio.StreamReader) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, pickle.UnpicklingError):
            while True:
                reply = cast(Reply, await read_frame(stdout))
                child.silent_since = None
                answer = child.waiting.get(reply.number)
                if answer is not None and not answer.done():
                    _settle(answer, reply)
        await self._ended(child)

    async def _ended(self, child: _Child) -> None:
        """A new one begins with the next question."""
        code = await child.process.wait()
        if self._child is child:
            self._child = None
            _log.warning("the process that asks Kafka has ended", code=code, last_words=child.last_words)
        for answer in child.waiting.values():
            if not answer.done():
                answer.set_exception(_gone(child))

    async def _complaints(self, child: _Child, stderr: asyncio.StreamReader) -> None:
        """Not by lines, which asyncio bounds: a pipe that nobody reads on would hold up the process for good."""
        heard = b""
        while more := await stderr.read(_HEARD_BYTES):
            heard = (heard + more)[-_HEARD_BYTES:]
            lines = [line.strip() for line in heard.decode("utf-8", "replace").splitlines() if line.strip()]
            child.last_words = lines[-1][:500] if lines else child.last_words


class StreamApart:
    """Implements `bot.ports.stream.Stream` over there."""

    def __init__(self, apart: KafkaApart, key: KafkaKey) -> None:
        self._apart = apart
        self._key = key

    async def topic_names(self) -> tuple[str, ...]:
        """See Stream."""
        return cast(tuple[str, ...], await self._apart.ask(self._key, "topic_names"))

    async def topics(self, names: Sequence[str]) -> tuple[TopicView, ...]:
        """See Stream."""
        return cast(tuple[TopicView, ...], await self._apart.ask(self._key, "topics", tuple(names)))

    async def group(self, name: str) -> GroupView:
        """See Stream."""
        return cast(GroupView, await self._apart.ask(self._key, "group", name))

    async def progress(self, group: str, topic: str) -> tuple[PartitionProgress, ...]:
        """See Stream."""
        return cast(tuple[PartitionProgress, ...], await self._apart.ask(self._key, "progress", group, topic))


class TrafficApart:
    """Implements `bot.ports.traffic.Traffic` over there."""

    def __init__(self, apart: KafkaApart, key: KafkaKey) -> None:
        self._apart = apart
        self._key = key

    async def messages(self, topics: Sequence[str], windows: Sequence[Window]) -> tuple[TopicTraffic, ...]:
        """See Traffic."""
        answer = await self._apart.ask(self._key, "messages", tuple(topics), tuple(windows))
        return cast(tuple[TopicTraffic, ...], answer)


def _settle(answer: asyncio.Future[Any], reply: Reply) -> None:
    if reply.problem is None:
        answer.set_result(reply.value)
    else:
        answer.set_exception(reply.problem)


def _gone(child: _Child) -> Unreachable:
    said = f": {child.last_words}" if child.last_words else ""
    return Unreachable(f"the Kafka client broke off; ask again{said}")
