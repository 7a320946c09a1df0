"""Socket Mode: envelopes come in over a WebSocket, go through the Bolt app, and are acknowledged on the same one.

The SDK's own client is not used: when its WebSocket address has expired it tries the same one for ever.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Iterator
from typing import Any

import aiohttp
import stamina
import structlog
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app
from slack_bolt.async_app import AsyncApp
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack_errors import NETWORK, answer_of
from bot.domain.errors import AccessDenied, RateLimited, SfintError, Unreachable

_log = structlog.get_logger(__name__)
_HEARTBEAT_SECONDS = 5.0
_HELLO_SECONDS = 10.0
_ACK_SECONDS = 2.5
"""Slack gives up on an acknowledgement after 3 s."""
_FAREWELL_SECONDS = 1.0
"""How long a peer may take to say goodbye; one that has gone silently must not hold up the end."""
_LEAVE_SECONDS = 10.0
"""How long a connection that Slack asked to leave may still finish what it is at."""
_BRIEF_SECONDS = 5.0
"""A connection that ended sooner after its hello: whoever ends them so is not asked again at once."""


class SocketMode:
    """Keeps one connection open; when Slack announces the end of it, opens the next one before it goes."""

    def __init__(self, app: AsyncApp, web: AsyncWebClient, session: aiohttp.ClientSession, app_token: str) -> None:
        self._app = app
        self._web = web
        self._session = session
        self._app_token = app_token
        self._open: set[aiohttp.ClientWebSocketResponse] = set()
        self._connected = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._keeper: asyncio.Task[None] | None = None

    @property
    def is_connected(self) -> bool:
        """True while Slack has said hello on a connection that still stands; part of /readyz."""
        return any(not socket.closed for socket in self._open)

    async def start(self) -> None:
        """Begins to connect and returns at once; it goes on for as long as it takes."""
        self._keeper = asyncio.create_task(self._keep_connected(), name="slack-socket")

    async def connected(self) -> None:
        """Returns when there is a connection."""
        await self._connected.wait()

    async def stop(self) -> None:
        """Takes in nothing more, lets what arrived be acknowledged, then closes."""
        if self._keeper is not None:
            self._keeper.cancel()
        handling = {task for task in self._tasks if task.get_name() == "slack-envelope"}
        if handling:
            await asyncio.wait(handling, timeout=2.0)
        for socket in list(self._open):
            await socket.close()
        tasks = [*self._tasks, *([self._keeper] if self._keeper else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep_connected(self) -> None:
        pauses = _pauses()
        while True:
            leaving = asyncio.Event()
            async for attempt in stamina.retry_context(
                on=_wait_before_next, attempts=None, timeout=None, wait_initial=0.1, wait_max=15.0, wait_jitter=0.5
            ):
                with attempt:
                    socket = await self._connect()
            self._spawn(self._read(socket, leaving), "slack-reader")
            said_hello = asyncio.get_running_loop().time()
            await leaving.wait()
            if asyncio.get_running_loop().time() - said_hello < _BRIEF_SECONDS:
                await asyncio.sleep(next(pauses))
            else:
                pauses = _pauses()

    async def _connect(self) -> aiohttp.ClientWebSocketResponse:
        """A connection on which Slack has said hello; always with a fresh address, for each works once."""
        address = await answer_of(self._web.apps_connections_open(app_token=self._app_token))
        try:
            socket = await self._session.ws_connect(
                str(address["url"]),
                heartbeat=_HEARTBEAT_SECONDS,
                timeout=aiohttp.ClientWSTimeout(ws_close=_FAREWELL_SECONDS),
                proxy=self._web.proxy,
                ssl=self._web.ssl or True,
            )
        except NETWORK as error:
            raise Unreachable("Slack's WebSocket could not be reached") from error
        try:
            async with asyncio.timeout(_HELLO_SECONDS):
                said = await socket.receive()
        except TimeoutError as error:
            await socket.close()
            raise Unreachable("Slack said no hello") from error
        if said.type is not aiohttp.WSMsgType.TEXT or _read_frame(said.data).get("type") != "hello":
            await socket.close()
            raise Unreachable("Slack closed the connection instead of saying hello")
        self._open.add(socket)
        self._connected.set()
        _log.info("connected to Slack")
        return socket

    async def _read(self, socket: aiohttp.ClientWebSocketResponse, leaving: asyncio.Event) -> None:
        try:
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    continue
                said = _read_frame(message.data)
                if said.get("type") == "disconnect":
                    _log.info("Slack asks to reconnect", reason=said.get("reason"))
                    leaving.set()
                    asyncio.get_running_loop().call_later(_LEAVE_SECONDS, self._close, socket)
                elif said.get("envelope_id"):
                    self._spawn(self._handle(socket, said), "slack-envelope")
        finally:
            self._forget(socket)
            leaving.set()
            self._close(socket)  # one that nobody reads any more would still be given envelopes

    async def _handle(self, socket: aiohttp.ClientWebSocketResponse, envelope: dict[str, Any]) -> None:
        request = SocketModeRequest.from_dict(envelope)
        if request is None:
            return
        answer: BoltResponse = await run_async_bolt_app(self._app, request)
        if answer.status != 200:
            _log.warning("an envelope was not acknowledged", status=answer.status)
            return
        await self._acknowledge(socket, json.dumps(_response(request.envelope_id, answer).to_dict()))

    async def _acknowledge(self, socket: aiohttp.ClientWebSocketResponse, text: str) -> None:
        """On the connection that it came from, or, when that has just gone, on the one that follows."""
        try:
            await socket.send_str(text)
            return
        except ConnectionError:
            self._forget(socket)
        try:
            async with asyncio.timeout(_ACK_SECONDS):
                await self._connected.wait()
                await next(iter(self._open)).send_str(text)
        except (TimeoutError, ConnectionError):
            # Recorded all the same: when it is delivered again, the inbox knows it.
            _log.warning("an acknowledgement was lost with its connection")

    def _forget(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._open.discard(socket)
        if not self._open:
            self._connected.clear()

    def _close(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        if not socket.closed:
            self._spawn(_closed(socket), "slack-farewell")

    def _spawn(self, work: Any, name: str) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (problem := task.exception()):
            _log.error("handling what Slack sent broke", exc_info=problem, task=task.get_name())


def _pauses() -> Iterator[float]:
    """Seconds to wait after one brief connection and the next: Slack allows few addresses a minute."""
    return itertools.chain((0.0, 0.5, 1.0, 2.0, 4.0, 8.0), itertools.repeat(15.0))


def _read_frame(text: str) -> dict[str, Any]:
    """What a frame says; nothing where it is no JSON object, which Slack never sends."""
    try:
        said = json.loads(text)
    except ValueError:
        said = None
    if isinstance(said, dict):
        return said
    _log.warning("a frame that is no JSON object was left alone")
    return {}


async def _closed(socket: aiohttp.ClientWebSocketResponse) -> None:
    await socket.close()


def _response(envelope_id: str, answer: BoltResponse) -> SocketModeResponse:
    content_type = answer.headers.get("content-type", [""])[0]
    if not answer.body:
        return SocketModeResponse(envelope_id=envelope_id)
    payload = json.loads(answer.body) if content_type.startswith("application/json") else {"text": answer.body}
    return SocketModeResponse(envelope_id=envelope_id, payload=payload)


def _wait_before_next(error: Exception) -> bool | float:
    if isinstance(error, RateLimited):
        return error.retry_after_seconds or 1.0
    if isinstance(error, AccessDenied):
        _log.error("Slack does not accept the app token", problem=str(error))
        return 30.0
    return isinstance(error, SfintError)
