"""LiveAgent's HTTP face: every resource of the chat REST interface that a visitor's client uses."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Collection, Mapping

from aiohttp import web

from lab.estate.faults import Fault
from lab.estate.live_agent.headers import (
    SESSION_KEY,
    require_affinity,
    require_no_affinity,
    require_version,
    sequence_of,
)
from lab.estate.live_agent.polls import NO_SESSION, PollFault, PollFaults
from lab.estate.live_agent.session import ChatSession
from lab.estate.stand_in import HttpStandIn

BASE = "/chat/rest"
Act = Callable[[ChatSession, Mapping[str, object]], None]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class LiveAgentStandIn(HttpStandIn):
    """`url` is the host; `available_buttons` are the button ids with an agent online, `wait_seconds` the queue.

    A poll waits `poll_seconds` before it answers 204. `moved_to` is the new host of an org that was moved: the
    old one then takes chats and never tells of them, and only Availability says where the org is.
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
        self.wait_seconds = 0
        self.poll_seconds = poll_seconds
        self.client_poll_timeout = 40
        self.moved_to: str | None = None
        self.blocks_visitors = False
        self.accepts_chats = False
        self.refuses_reconnects: int | None = None
        self.sessions: dict[str, ChatSession] = {}
        self.deleted: list[str] = []
        self.poll_faults = PollFaults()
        self._opened = 0
        self._new_port: int | None = None

    def answers_polls_with(
        self,
        status: int,
        *,
        share: float = 1.0,
        of: Collection[ChatSession] | None = None,
        times: int | None = None,
        seconds: float | None = None,
        text: str | None = None,
    ) -> PollFault:
        """System/Messages answers this, for a share of the sessions or those of `of`, for a while or for ever.

        403 and 409 end the session; 503 lasts through reconnects; 204 keeps all events back.
        """
        return self.poll_faults.arm(status, share=share, of=of, times=times, seconds=seconds, text=text)

    def answers_polls_slowly(self, seconds: float, *, share: float = 1.0) -> PollFault:
        """The right answer of a poll, so much later."""
        return self.poll_faults.arm(None, delay_seconds=seconds, share=share)

    def changes_affinity(self) -> None:
        """Every session moves to another server: the next poll gets one honest 503."""
        for session in self.sessions.values():
            session.affinity_token = secrets.token_hex(4)

    def forgets_sessions(self, of: Collection[ChatSession] | None = None) -> None:
        """Sessions expire: an honest 403 for whoever goes on with one."""
        for session in list(self.sessions.values() if of is None else of):
            self._drop(session)

    def heals_polls(self) -> None:
        """Polls tell the truth again."""
        self.poll_faults.clear()
        self.refuses_reconnects = None

    def retires(self, answer: Fault | None = None) -> Fault:
        """The product is gone; what a retired host answers is not documented: a 404 page unless given."""
        return self.faults.add(answer or Fault.html(404, path=BASE))

    async def moves(self) -> str:
        """The org moves to another host, which is returned; this one takes chats and says nothing of them."""
        self._new_port = await self._listen(0)
        self.moved_to = f"http://{self._host}:{self._new_port}"
        return self.moved_to

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
        session = ChatSession(
            secrets.token_hex(16),
            f"{secrets.token_hex(16)}!{time.time_ns() // 10**6}!{secrets.token_urlsafe(20)}=",
            secrets.token_hex(4),
            self._opened,
        )
        self._opened += 1
        self.sessions[session.key] = session
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
        self._drop(session)
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
            self._drop(session)
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
                self._drop(session)
            if fault.status not in (None, 204):
                return web.Response(status=fault.status or 500, text=fault.text)
        if (fault is not None and fault.status == 204) or self._is_old_host(request):
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
            self._drop(session)
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
        if self._is_old_host(request):
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

    def _drop(self, session: ChatSession) -> None:
        self.sessions.pop(session.key, None)
        session.arrived.set()

    def _is_old_host(self, request: web.Request) -> bool:
        if self.moved_to is None or request.transport is None:
            return False
        return bool(request.transport.get_extra_info("sockname")[1] != self._new_port)


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
