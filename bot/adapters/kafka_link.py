"""One librdkafka client towards one cluster: made at the first question, dropped when nobody asks for a while."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from bot.adapters.kafka_errors import LastErrors, could_not_ask, passes_soon, translated
from bot.adapters.kafka_login import KafkaLogin
from bot.domain.errors import SfintError, Unreachable

K = TypeVar("K")
V = TypeVar("V")
Send = Callable[[AdminClient, float], Mapping[K, "Future[V]"]]
"""Sends a request with that many seconds of patience; librdkafka answers with a future for each key."""

_PACE_SECONDS = 0.02
"""How often errors are looked at while an answer is awaited: librdkafka hands them over only when polled."""
_AGAIN_SECONDS = 0.2
_IDLE_SECONDS = 120.0
_GRACE_SECONDS = 0.25
"""librdkafka ends a request at its own deadline; it is given this much to say so."""
_SILENT = logging.getLogger(f"{__name__}.librdkafka")
"""Where librdkafka's lines go instead of standard error; what matters in them reaches us as errors."""
_SILENT.addHandler(logging.NullHandler())


@dataclass(eq=False, slots=True)
class _Client:
    """Holds the only lasting reference: one in a traceback would end librdkafka's threads in the event loop."""

    admin: AdminClient
    users: int = 0


class KafkaLink:
    """Safe to share between targets and tasks; every question has the deadline."""

    def __init__(self, login: KafkaLogin, *, deadline_seconds: float, idle_seconds: float = _IDLE_SECONDS) -> None:
        self.login = login
        self.deadline_seconds = deadline_seconds
        self._idle_seconds = idle_seconds
        self._errors = LastErrors(login.where, deadline_seconds)
        self._client: _Client | None = None
        self._making = asyncio.Lock()
        self._idle: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()

    async def aclose(self) -> None:
        """Ends librdkafka's threads; what was still asked ends with an error there."""
        self._stop_timer()
        if self._client is not None:
            self._retire(self._client)
        await asyncio.gather(*self._ending)

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
            while True:
                answers = await self._asked_once(client, send, asked)
                refused = [answer for answer in answers.values() if isinstance(answer, KafkaError)]
                failed = next(filter(could_not_ask, refused), None)
                if failed is None:
                    return answers
                if not passes_soon(failed) or time.monotonic() + _AGAIN_SECONDS > asked + self.deadline_seconds:
                    raise self._explained(client, failed, asked)
                await asyncio.sleep(_AGAIN_SECONDS)

    async def _asked_once(self, client: _Client, send: Send[K, V], asked: float) -> dict[K, V | KafkaError]:
        patience = asked + self.deadline_seconds - time.monotonic()
        try:
            futures = send(client.admin, patience)
        except KafkaException as error:
            raise self._explained(client, error.args[0], asked) from error.with_traceback(None)
        waiting = {key: _observed(future) for key, future in futures.items()}
        await self._settled(client, waiting.values(), asked)
        return {key: _outcome(future) for key, future in waiting.items()}

    async def ask_in_thread(self, call: Callable[[AdminClient, float], V]) -> V:
        """For the calls of librdkafka that block; the deadline is theirs to keep."""
        async with self._used() as client:
            asked = time.monotonic()
            try:
                return await asyncio.to_thread(lambda: call(client.admin, self.deadline_seconds))
            except KafkaException as error:
                client.admin.poll(0)
                raise self._explained(client, error.args[0], asked) from error.with_traceback(None)

    async def _settled(self, client: _Client, waiting: Iterable[asyncio.Future[V]], asked: float) -> None:
        pending = set(waiting)
        while pending:
            _, pending = await asyncio.wait(pending, timeout=_PACE_SECONDS)
            client.admin.poll(0)
            refusal = self._errors.refusal_since(asked)
            if pending and refusal is not None:
                self._retire(client)
                raise refusal
            if pending and time.monotonic() > asked + self.deadline_seconds + _GRACE_SECONDS:
                raise self._explained(client, KafkaError(KafkaError._TIMED_OUT), asked)

    @contextlib.asynccontextmanager
    async def _used(self) -> AsyncIterator[_Client]:
        self._stop_timer()
        client = await self._made()
        client.users += 1
        try:
            yield client
        finally:
            client.users -= 1
            if client.users == 0:
                self._left(client)

    async def _made(self) -> _Client:
        async with self._making:
            if self._client is None:
                options = self.login.options() | self._manners()
                try:
                    # Reading the system's certificate authorities takes a while.
                    self._client = _Client(await asyncio.to_thread(AdminClient, options, logger=_SILENT))
                except KafkaException as error:
                    raise _unusable(self.login.where, error) from error
            return self._client

    def _manners(self) -> dict[str, Any]:
        """A broker that comes back must be found within one question's deadline."""
        longest = max(200, round(self.deadline_seconds * 1000 / 3))
        backoff = {"reconnect.backoff.ms": 100, "reconnect.backoff.max.ms": longest}
        return backoff | {"error_cb": self._errors.note}

    def _explained(self, client: _Client, error: KafkaError, asked: float) -> SfintError:
        """A client that lost its brokers, or waits for one that says nothing, takes its time to find them again; a
        new one finds them at once.
        """
        if self._errors.any_since(asked) or error.code() == KafkaError._TIMED_OUT:
            self._retire(client)
        return self._errors.explain(error, asked)

    def _left(self, client: _Client) -> None:
        if client is not self._client:
            self._end(client)
            return
        self._stop_timer()
        self._idle = asyncio.get_running_loop().call_later(self._idle_seconds, self._retire, client)

    def _stop_timer(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _retire(self, client: _Client) -> None:
        """Nobody new gets it; it ends when its last user has left."""
        if client is self._client:
            self._client = None
            if client.users == 0:
                self._end(client)

    def _end(self, client: _Client) -> None:
        """In a thread: librdkafka joins its own threads there, and nobody waits for it."""
        last = [client.admin]
        del client.admin
        task = asyncio.ensure_future(asyncio.to_thread(last.clear))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)


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
