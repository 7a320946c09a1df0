"""Socket Mode: envelopes over WebSockets, each to one arbitrary connection."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import secrets

from aiohttp import WSMsgType, web

from lab.slack.delivery.deliveries import Answer
from lab.slack.errors import Json
from lab.slack.world import SlackWorld

MOST_CONNECTIONS = 10
PING_SECONDS = 10.0
# A frozen client never says goodbye; nobody waits long for it.
CLOSE_SECONDS = 1.0


class SocketMode:
    """The server's side of Socket Mode."""

    def __init__(self, world: SlackWorld) -> None:
        self._world = world
        self._sockets: dict[web.WebSocketResponse, asyncio.Transport | None] = {}
        self._waiting: dict[str, asyncio.Future[Json]] = {}
        self._connected = asyncio.Event()
        self._background: set[asyncio.Task[None]] = set()
        world.faults.bind_sockets(self.drop, self.refresh, self.say)

    @property
    def connections(self) -> int:
        """How many sockets are open now."""
        return len(self._sockets)

    async def wait_connected(self, timeout_seconds: float) -> None:
        """Return when at least one socket is open."""
        async with asyncio.timeout(timeout_seconds):
            while not self._sockets:
                await self._connected.wait()

    def routes(self) -> list[web.RouteDef]:
        """What the server has to mount."""
        return [web.get("/link/", self._serve)]

    async def carry(self, kind: str, payload: Json, *, retry: int, reason: str, deadline_seconds: float) -> Answer:
        """Send one envelope to one arbitrary socket and wait for its acknowledgement."""
        if not self._sockets:
            return Answer(acked=False, error="dispatch_failed")
        envelope_id = secrets.token_hex(16)
        envelope: Json = {
            "envelope_id": envelope_id,
            "payload": payload,
            "type": kind,
            "accepts_response_payload": kind != "events_api",
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": retry, "retry_reason": reason}
        acked: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = acked
        socket = random.choice(list(self._sockets))
        try:
            async with asyncio.timeout(deadline_seconds):
                # A socket that has just died looks open: then nobody acknowledges, as with Slack.
                with contextlib.suppress(ConnectionError):
                    await socket.send_str(json.dumps(envelope))
                return Answer(acked=True, body=await acked)
        except TimeoutError:
            return Answer(acked=False, error="operation_timeout")
        finally:
            del self._waiting[envelope_id]

    def drop(self) -> int:
        """Cut all connections as a broken network does."""
        cut = list(self._sockets.values())
        for transport in cut:
            if transport is not None:
                transport.abort()
        return len(cut)

    def refresh(self, reason: str) -> int:
        """Tell every connection to go and close it."""
        going = list(self._sockets)
        for socket in going:
            task = asyncio.create_task(self._say_goodbye(socket, reason))
            self._background.add(task)
            task.add_done_callback(self._background.discard)
        return len(going)

    def say(self, frame: str) -> None:
        """Send this text on every connection."""
        for socket in self._sockets:
            task = asyncio.create_task(socket.send_str(frame))
            self._background.add(task)
            task.add_done_callback(self._background.discard)

    async def stop(self) -> None:
        """Close every connection."""
        await asyncio.gather(*(socket.close(code=1001) for socket in list(self._sockets)))
        await asyncio.gather(*self._background)

    async def _say_goodbye(self, socket: web.WebSocketResponse, reason: str) -> None:
        farewell = {"type": "disconnect", "reason": reason, "debug_info": {"host": "lab"}}
        with contextlib.suppress(ConnectionError):
            await socket.send_str(json.dumps(farewell))
            if reason != "warning":
                self._forget(socket)
                await socket.close()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._world.socket_tickets:
            return web.json_response({"ok": False, "error": "invalid_ticket"}, status=403)
        self._world.socket_tickets.discard(ticket)
        socket = web.WebSocketResponse(heartbeat=PING_SECONDS, timeout=CLOSE_SECONDS)
        await socket.prepare(request)
        if len(self._sockets) >= MOST_CONNECTIONS:
            await self._say_goodbye(socket, "too_many_websockets")
            return socket
        transport = request.transport
        self._sockets[socket] = transport if isinstance(transport, asyncio.Transport) else None
        try:
            await socket.send_str(json.dumps(self._hello()))
            if self._world.faults.takes_brief_hello():
                await socket.close()
                return socket
            self._connected.set()
            await self._listen(socket)
        finally:
            self._forget(socket)
        return socket

    def _forget(self, socket: web.WebSocketResponse) -> None:
        self._sockets.pop(socket, None)
        if not self._sockets:
            self._connected.clear()

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._sockets),
            "debug_info": {"host": "lab", "build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": self._world.identity.app_id},
        }

    async def _listen(self, socket: web.WebSocketResponse) -> None:
        async for message in socket:
            if message.type != WSMsgType.TEXT:
                continue
            said = json.loads(message.data)
            waiting = self._waiting.get(said.get("envelope_id", "")) if isinstance(said, dict) else None
            if waiting is not None and not waiting.done():
                waiting.set_result(said.get("payload") or {})
