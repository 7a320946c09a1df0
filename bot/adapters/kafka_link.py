"""One librdkafka client towards one cluster: made at the first question, dropped when nobody asks for a while."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from bot.adapters.kafka_errors import LastErrors, could_not_ask, translated
from bot.domain.errors import SfintError, Unreachable

K = TypeVar("K")
V = TypeVar("V")
Send = Callable[[AdminClient, float], Mapping[K, "Future[V]"]]
"""Sends a request with that many seconds of patience; librdkafka answers with a future for each key."""

_PACE_SECONDS = 0.02
"""How often errors are looked at while an answer is awaited: librdkafka hands them over only when polled."""
_IDLE_SECONDS = 120.0
_GRACE_SECONDS = 0.25
"""librdkafka ends a request at its own deadline; it is given this much to say so."""
_SILENT = logging.getLogger(f"{__name__}.librdkafka")
"""Where librdkafka's lines go instead of standard error; what matters in them reaches us as errors."""
_SILENT.addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class KafkaLogin:
    """The way in; an empty key means no SASL. Equal ones may share a link."""

    bootstrap_servers: tuple[str, ...]
    security_protocol: str = "SASL_SSL"
    sasl_mechanism: str = "PLAIN"
    api_key: str = field(default="", repr=False)
    api_secret: str = field(default="", repr=False)
    ca_file: str | None = None

    @property
    def where(self) -> str:
        """For messages: the first server."""
        return self.bootstrap_servers[0]

    def options(self) -> dict[str, Any]:
        """librdkafka's configuration."""
        made: dict[str, Any] = {
            "bootstrap.servers": ",".join(self.bootstrap_servers),
            "security.protocol": self.security_protocol,
            "client.id": "sfint",
            # A broker that comes back must be found within one question's deadline.
            "reconnect.backoff.ms": 250,
            "reconnect.backoff.max.ms": 1000,
            "log_level": 2,
        }
        if self.api_key:
            made |= {
                "sasl.mechanism": self.sasl_mechanism,
                "sasl.username": self.api_key,
                "sasl.password": self.api_secret,
            }
        return made | ({"ssl.ca.location": self.ca_file} if self.ca_file else {})


class KafkaLink:
    """Safe to share between targets and tasks; every question has the deadline."""

    def __init__(self, login: KafkaLogin, *, deadline_seconds: float, idle_seconds: float = _IDLE_SECONDS) -> None:
        self.login = login
        self.deadline_seconds = deadline_seconds
        self._idle_seconds = idle_seconds
        self._errors = LastErrors(login.where, deadline_seconds)
        self._client: AdminClient | None = None
        self._making = asyncio.Lock()
        self._users = 0
        self._idle: asyncio.TimerHandle | None = None
        self._dropping: set[asyncio.Task[None]] = set()

    async def aclose(self) -> None:
        """Ends librdkafka's threads; what was still asked ends with an error there."""
        self._stop_timer()
        self._drop()
        await asyncio.gather(*self._dropping)

    @property
    def is_open(self) -> bool:
        """True while there is a client, and thus threads."""
        return self._client is not None

    async def ask(self, send: Send[K, V]) -> dict[K, V | KafkaError]:
        """An answer a key: the value, or the broker's refusal of that one thing.

        Raises Unreachable, AccessDenied (a bad key) or BadAnswer where Kafka could not be asked.
        """
        async with self._used() as client:
            asked = time.monotonic()
            try:
                futures = send(client, self.deadline_seconds)
            except KafkaException as error:
                raise self._errors.explain(error.args[0], asked) from error
            waiting = {key: _observed(future) for key, future in futures.items()}
            await self._settled(client, waiting.values(), asked)
        answers: dict[K, V | KafkaError] = {}
        for key, future in waiting.items():
            answer: V | KafkaError = _outcome(future)
            if isinstance(answer, KafkaError) and could_not_ask(answer):
                raise self._errors.explain(answer, asked)
            answers[key] = answer
        return answers

    async def ask_in_thread(self, call: Callable[[AdminClient, float], V]) -> V:
        """For the calls of librdkafka that block; the deadline is theirs to keep."""
        async with self._used() as client:
            asked = time.monotonic()
            try:
                return await asyncio.to_thread(call, client, self.deadline_seconds)
            except KafkaException as error:
                client.poll(0)
                raise self._errors.explain(error.args[0], asked) from error

    async def _settled(self, client: AdminClient, waiting: Any, asked: float) -> None:
        pending = set(waiting)
        while pending:
            _, pending = await asyncio.wait(pending, timeout=_PACE_SECONDS)
            client.poll(0)
            refusal = self._errors.refusal_since(asked)
            if pending and refusal is not None:
                raise refusal
            if pending and time.monotonic() > asked + self.deadline_seconds + _GRACE_SECONDS:
                raise self._errors.explain(KafkaError(KafkaError._TIMED_OUT), asked)

    @contextlib.asynccontextmanager
    async def _used(self) -> AsyncIterator[AdminClient]:
        self._stop_timer()
        self._users += 1
        try:
            yield await self._made()
        finally:
            self._users -= 1
            if not self._users:
                self._idle = asyncio.get_running_loop().call_later(self._idle_seconds, self._drop)

    async def _made(self) -> AdminClient:
        async with self._making:
            if self._client is None:
                options = self.login.options() | {"error_cb": self._errors.note}
                try:
                    # Reading the system's certificate authorities takes a while.
                    self._client = await asyncio.to_thread(AdminClient, options, logger=_SILENT)
                except KafkaException as error:
                    raise _unusable(self.login.where, error) from error
            return self._client

    def _stop_timer(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _drop(self) -> None:
        """The last reference goes in a thread: librdkafka joins its own threads there, and nobody waits for it."""
        if self._client is None:
            return
        last, self._client = [self._client], None
        task = asyncio.ensure_future(asyncio.to_thread(last.clear))
        self._dropping.add(task)
        task.add_done_callback(self._dropping.discard)


def _unusable(where: str, error: KafkaException) -> SfintError:
    return Unreachable(f"{where}: librdkafka does not take these settings: {error.args[0].str()}")


def _observed(future: Future[V]) -> asyncio.Future[V]:
    """Awaitable; an exception that nobody waited for is no news."""
    awaitable = asyncio.wrap_future(future)
    awaitable.add_done_callback(lambda done: done.cancelled() or done.exception())
    return awaitable


def _outcome(future: asyncio.Future[Any]) -> Any:
    try:
        return future.result()
    except KafkaException as error:
        refused = error.args[0]
        if not isinstance(refused, KafkaError):
            raise translated(KafkaError(KafkaError._FAIL), str(error)) from error
        return refused
