"""A LiveAgent host as Salesforce sees it: its sessions, what is set up at it, and all that may go wrong."""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection

from aiohttp import web

from lab.estate.faults import Fault
from lab.estate.live_agent.polls import PollFault, PollFaults
from lab.estate.live_agent.session import ChatSession
from lab.estate.stand_in import HttpStandIn

BASE = "/chat/rest"


class LiveAgentHost(HttpStandIn):
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
            self.drop(session)

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

    def new_session(self) -> ChatSession:
        """One more, with values of the shape that LiveAgent makes up."""
        session = ChatSession(
            secrets.token_hex(16),
            f"{secrets.token_hex(16)}!{time.time_ns() // 10**6}!{secrets.token_urlsafe(20)}=",
            secrets.token_hex(4),
            self._opened,
        )
        self._opened += 1
        self.sessions[session.key] = session
        return session

    def drop(self, session: ChatSession) -> None:
        """The session is gone; a poll that waits on it ends."""
        self.sessions.pop(session.key, None)
        session.arrived.set()

    def is_old_host(self, request: web.Request) -> bool:
        """Whether the request came to the address that the org has left."""
        if self.moved_to is None or request.transport is None:
            return False
        return bool(request.transport.get_extra_info("sockname")[1] != self._new_port)
