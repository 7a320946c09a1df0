"""LiveAgent on loopback: sessions with keys and affinity tokens, honest long polling, availability."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

from lab.estate.stand_in import HttpStandIn

_BASE = "/chat/rest"
_NO_SESSION = "Session required but was invalid or not found"


@dataclass
class ChatSession:
    """One visitor's session; `pending` holds events that no poll has taken yet."""

    id: str
    key: str
    affinity_token: str
    sequence: int = 0
    pending: list[dict[str, object]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    is_polled: bool = False
    has_ended: bool = False
    chat: Mapping[str, object] | None = None

    def push(self, kind: str, **message: object) -> None:
        """Queue an event and wake the poll that waits for one."""
        self.pending.append({"type": kind, "message": message})
        self.arrived.set()


class LiveAgentStandIn(HttpStandIn):
    """`url` is the host; `available_buttons` are the button ids with an agent online.

    A poll waits `poll_seconds` before it answers 204; `moved_to` makes availability answer SwitchServer.
    """

    def __init__(
        self,
        organization_id: str = "00DACME00000001",
        deployment_id: str = "572ACME00000001",
        buttons: tuple[str, ...] = ("573ACME00000001",),
        host: str = "127.0.0.1",
        poll_seconds: float = 1.0,
    ) -> None:
        super().__init__(host)
        self.organization_id, self.deployment_id = organization_id, deployment_id
        self.buttons = buttons
        self.available_buttons = set(buttons)
        self.poll_seconds = poll_seconds
        self.moved_to: str | None = None
        self.blocks_visitors = False
        self.sessions: dict[str, ChatSession] = {}

    def routes(self) -> list[web.RouteDef]:
        """The subset that a chat and the availability check use."""
        return [
            web.get(f"{_BASE}/System/SessionId", self._open),
            web.delete(_BASE + "/System/SessionId/{key}", self._delete),
            web.get(f"{_BASE}/System/Messages", self._poll),
            web.get(f"{_BASE}/System/ReconnectSession", self._reconnect),
            web.post(f"{_BASE}/Chasitor/ChasitorInit", self._init),
            web.get(f"{_BASE}/Visitor/Availability", self._availability),
        ]

    async def _open(self, request: web.Request) -> web.Response:
        _require_version(request)
        session = ChatSession(secrets.token_hex(16), secrets.token_urlsafe(32), secrets.token_hex(4))
        self.sessions[session.key] = session
        return web.json_response(
            {
                "id": session.id,
                "key": session.key,
                "affinityToken": session.affinity_token,
                "clientPollTimeout": 40,
            }
        )

    async def _init(self, request: web.Request) -> web.Response:
        session = self._session(request)
        body = await request.json()
        wanted = (self.organization_id[:15], self.deployment_id[:15])
        if (str(body.get("organizationId"))[:15], str(body.get("deploymentId"))[:15]) != wanted:
            raise web.HTTPBadRequest(text="Invalid organization or deployment")
        session.chat = body
        session.push("ChatRequestSuccess", connectionTimeout=150000, visitorId=session.id, geoLocation={})
        if self.blocks_visitors:
            self._fail(session, "Blocked")
        elif str(body.get("buttonId"))[:15] not in self.available_buttons:
            self._fail(session, "Unavailable")
        return web.Response(text="OK")

    def _fail(self, session: ChatSession, reason: str) -> None:
        session.push("ChatRequestFail", reason=reason)
        session.has_ended = True

    async def _poll(self, request: web.Request) -> web.Response:
        session = self._session(request)
        if session.is_polled:
            self.sessions.pop(session.key, None)
            session.arrived.set()
            raise web.HTTPConflict(text="Duplicate Long Polling")
        session.is_polled = True
        try:
            await asyncio.wait_for(session.arrived.wait(), self.poll_seconds)
        except TimeoutError:
            return web.Response(status=204)
        finally:
            session.is_polled = False
        return self._delivered(session)

    def _delivered(self, session: ChatSession) -> web.Response:
        if session.key not in self.sessions:
            raise web.HTTPForbidden(text=_NO_SESSION)
        session.arrived.clear()
        messages, session.pending = session.pending, []
        session.sequence += 1
        if session.has_ended:
            del self.sessions[session.key]
        return web.json_response(
            {"messages": messages, "sequence": session.sequence, "offset": secrets.randbelow(10**9)}
        )

    async def _reconnect(self, request: web.Request) -> web.Response:
        session = self._session(request, checks_affinity=False)
        session.affinity_token = secrets.token_hex(4)
        message = {"resetSequence": True, "affinityToken": session.affinity_token}
        return web.json_response({"messages": [{"type": "ReconnectSession", "message": message}]})

    async def _delete(self, request: web.Request) -> web.Response:
        _require_version(request)
        session = self.sessions.pop(request.match_info["key"], None)
        if session is None:
            raise web.HTTPForbidden(text=_NO_SESSION)
        session.arrived.set()
        return web.Response(text="OK")

    async def _availability(self, request: web.Request) -> web.Response:
        _require_version(request)
        if self.moved_to is not None:
            return _messages("SwitchServer", {"newUrl": f"{self.moved_to}{_BASE}"})
        query = request.query
        if query.get("org_id") != self.organization_id or query.get("deployment_id") != self.deployment_id:
            raise web.HTTPBadRequest(text="Invalid organization or deployment")
        asked = query.get("Availability.ids", "").strip("[]").split(",")
        results = [self._available(button) for button in asked if button in self.buttons]
        return _messages("Availability", {"results": results})

    def _available(self, button: str) -> dict[str, object]:
        """A button without an agent has no isAvailable at all, as the real answer."""
        if button not in self.available_buttons:
            return {"id": button}
        return {"id": button, "isAvailable": True, "estimatedWaitTime": 0}

    def _session(self, request: web.Request, *, checks_affinity: bool = True) -> ChatSession:
        _require_version(request)
        session = self.sessions.get(request.headers.get("X-LIVEAGENT-SESSION-KEY", ""))
        if session is None:
            raise web.HTTPForbidden(text=_NO_SESSION)
        affinity = request.headers.get("X-LIVEAGENT-AFFINITY")
        if checks_affinity and affinity != session.affinity_token:
            raise web.HTTPServiceUnavailable(text="")
        return session


def _require_version(request: web.Request) -> None:
    if "X-LIVEAGENT-API-VERSION" not in request.headers:
        raise web.HTTPBadRequest(text="No version header found")


def _messages(kind: str, message: Mapping[str, object]) -> web.Response:
    return web.json_response({"messages": [{"type": kind, "message": message}]})
