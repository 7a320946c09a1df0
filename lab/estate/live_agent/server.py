"""LiveAgent's HTTP face: every resource of the chat REST interface that a visitor's client uses."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from lab.estate.live_agent.headers import (
    SESSION_KEY,
    require_affinity,
    require_no_affinity,
    require_version,
    sequence_of,
)
from lab.estate.live_agent.host import BASE, LiveAgentHost
from lab.estate.live_agent.polls import NO_SESSION
from lab.estate.live_agent.session import ChatSession

Act = Callable[[ChatSession, Mapping[str, object]], None]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class LiveAgentStandIn(LiveAgentHost):
    """The resources under /chat/rest, in front of the host's state."""

    def routes(self) -> list[web.RouteDef]:
        """Session, messages, chat, availability; other methods get 405, other paths 404."""
        return [
            web.get(f"{BASE}/System/SessionId", self._open),
            web.delete(BASE + "/System/SessionId/{key}", self._delete),
            web.get(f"{BASE}/System/Messages", self._poll),
            web.get(f"{BASE}/System/ReconnectSession", self._reconnect),
            web.post(f"{BASE}/Chasitor/ChasitorInit", self._posted(self._init)),
            web.post(f"{BASE}/Chasitor/ChatMessage", self._posted(_note)),
            web.post(f"{BASE}/Chasitor/ChatEnd", self._posted(_end)),
            web.get(f"{BASE}/Visitor/Availability", self._availability),
        ]

    async def _open(self, request: web.Request) -> web.Response:
        require_version(request)
        require_no_affinity(request)
        session = self.new_session()
        return web.json_response(
            {
                "id": session.id,
                "key": session.key,
                "affinityToken": session.affinity_token,
                "clientPollTimeout": self.client_poll_timeout,
            }
        )

    async def _delete(self, request: web.Request) -> web.Response:
        require_version(request)
        session = self.sessions.get(request.match_info["key"])
        if session is None:
            raise web.HTTPForbidden(text=NO_SESSION)
        require_affinity(request, session.affinity_token)
        self.deleted.append(session.key)
        self.drop(session)
        return web.Response(text="OK")

    def _posted(self, act: Act) -> Handler:
        """A POST of a chat: once for each sequence number, and in their order."""

        async def handle(request: web.Request) -> web.Response:
            session = self._session(request)
            sequence = sequence_of(request)
            if sequence <= session.posted:
                return web.Response(text="OK")  # a repetition: answered, not done twice
            if sequence > session.posted + 1:
                return web.Response(status=202, text="Accepted")  # an earlier one is still to come
            act(session, await _document(request))
            session.posted = sequence
            return web.Response(text="OK")

        return handle

    def _init(self, session: ChatSession, body: Mapping[str, object]) -> None:
        wanted = (self.organization_id[:15], self.deployment_id[:15])
        if (str(body.get("organizationId"))[:15], str(body.get("deploymentId"))[:15]) != wanted:
            raise web.HTTPBadRequest(text="Invalid organization or deployment")
        session.chat = body
        session.push(
            "ChatRequestSuccess",
            connectionTimeout=150_000,
            estimatedWaitTime=self.wait_seconds,
            queuePosition=1,
            visitorId=session.id,
            geoLocation={},
            customDetails=[],
        )
        if self.blocks_visitors:
            session.fail("Blocked")
        elif str(body.get("buttonId"))[:15] not in self.available_buttons:
            session.fail("Unavailable")
        elif self.accepts_chats:
            session.accept()

    async def _poll(self, request: web.Request) -> web.Response:
        session = self._session(request)
        if session.is_polled:
            self.drop(session)
            raise web.HTTPConflict(text="Duplicate Long Polling")
        session.is_polled = True
        try:
            return await self._polled(session, request)
        finally:
            session.is_polled = False

    async def _polled(self, session: ChatSession, request: web.Request) -> web.Response:
        fault = self.poll_faults.striking(session)
        if fault is not None:
            await asyncio.sleep(fault.delay_seconds)
            if fault.ends_session:
                self.drop(session)
            if fault.status not in (None, 204):
                return web.Response(status=fault.status or 500, text=fault.text)
        if (fault is not None and fault.status == 204) or self.is_old_host(request):
            await asyncio.sleep(self.poll_seconds)
            return web.Response(status=204)
        try:
            await asyncio.wait_for(session.arrived.wait(), self.poll_seconds)
        except TimeoutError:
            return web.Response(status=204)
        return self._delivered(session)

    def _delivered(self, session: ChatSession) -> web.Response:
        if session.key not in self.sessions:
            raise web.HTTPForbidden(text=NO_SESSION)
        session.arrived.clear()
        messages, session.pending = session.pending, []
        session.sequence += 1
        if session.has_ended:
            self.drop(session)
        return web.json_response(
            {"messages": messages, "sequence": session.sequence, "offset": secrets.randbelow(10**9)}
        )

    async def _reconnect(self, request: web.Request) -> web.Response:
        session = self._session(request, checks_affinity=False)
        require_no_affinity(request)
        if self.refuses_reconnects is not None:
            return web.Response(status=self.refuses_reconnects)
        session.affinity_token = secrets.token_hex(4)
        session.posted = 0
        session.push("ChasitorSessionData", queuePosition=1, geoLocation={})
        message = {"resetSequence": True, "affinityToken": session.affinity_token}
        return web.json_response({"messages": [{"type": "ReconnectSession", "message": message}]})

    async def _availability(self, request: web.Request) -> web.Response:
        require_version(request)
        if self.is_old_host(request):
            return _messages("SwitchServer", {"newUrl": f"{self.moved_to}{BASE}"})
        query = request.query
        if query.get("org_id") != self.organization_id or query.get("deployment_id") != self.deployment_id:
            raise web.HTTPBadRequest(text="Invalid organization or deployment")
        asked = query.get("Availability.ids", "").strip("[]").split(",")
        tells_wait = query.get("Availability.needEstimatedWaitTime") == "1"
        results = [self._available(button, tells_wait) for button in asked if button in self.buttons]
        return _messages("Availability", {"results": results})

    def _available(self, button: str, tells_wait: bool) -> dict[str, object]:
        """A button without an agent has no isAvailable at all, as the real answer."""
        if button not in self.available_buttons:
            return {"id": button}
        wait = {"estimatedWaitTime": self.wait_seconds} if tells_wait else {}
        return {"id": button, "isAvailable": True, **wait}

    def _session(self, request: web.Request, *, checks_affinity: bool = True) -> ChatSession:
        require_version(request)
        session = self.sessions.get(request.headers.get(SESSION_KEY, ""))
        if session is None:
            raise web.HTTPForbidden(text=NO_SESSION)
        if checks_affinity:
            require_affinity(request, session.affinity_token)
        return session


async def _document(request: web.Request) -> Mapping[str, object]:
    """400 for a body that is no JSON object."""
    try:
        document = await request.json()
    except ValueError as error:
        raise web.HTTPBadRequest(text="Unable to parse the request body") from error
    if not isinstance(document, dict):
        raise web.HTTPBadRequest(text="Unable to parse the request body")
    return document


def _note(session: ChatSession, body: Mapping[str, object]) -> None:
    if not isinstance(body.get("text"), str):
        raise web.HTTPBadRequest(text="Unable to parse the request body")


def _end(session: ChatSession, body: Mapping[str, object]) -> None:
    session.end(str(body.get("reason", "client")))


def _messages(kind: str, message: Mapping[str, object]) -> web.Response:
    return web.json_response({"messages": [{"type": kind, "message": message}]})
