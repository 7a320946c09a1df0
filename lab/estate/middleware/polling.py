"""The long poll: one task a chat, its events turned into a status in Redis, its log lines as the real one's."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from lab.estate.middleware import log
from lab.estate.middleware.interconnection import Interconnection, Status
from lab.estate.middleware.live_agent import LiveAgentClient, problem
from lab.estate.middleware.proxy import CallFailure, Reply
from lab.estate.middleware.store import InterconnectionStore
from lab.estate.middleware.trace import tracer

_AFTER = {
    "ChatRequestSuccess": Status.ON_HOLD,
    "ChatEstablished": Status.ACTIVE,
    "ChatRequestFail": Status.FAILED,
    "ChatEnded": Status.CLOSED,
}


@dataclass(frozen=True)
class BotStates:
    """Where a user of the bot goes when the chat is over; with `timeout` they are told that nobody can attend."""

    success: str
    timeout: str


class Polling:
    """Polls every live chat until it ends."""

    def __init__(
        self, agent: LiveAgentClient, store: InterconnectionStore, interval: float, states: BotStates
    ) -> None:
        self._agent, self._store, self._interval, self._states = agent, store, interval, states
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._chats: dict[str, Interconnection] = {}

    def live(self, client: str, user_id: str) -> Interconnection | None:
        """The user's chat as it stands, if one is going on."""
        chat = next((one for one in self._chats.values() if (one.client, one.user_id) == (client, user_id)), None)
        return chat if chat is not None and chat.key in self._tasks else None

    def start(self, chat: Interconnection) -> None:
        """Begin to poll; an older poll of the same user ends first, two would end the chat (409)."""
        self.stop(chat)
        task = asyncio.create_task(self._run(chat))
        self._tasks[chat.key] = task
        task.add_done_callback(lambda done: self._forget(chat.key, done))

    def stop(self, chat: Interconnection) -> None:
        """Stop polling for this user."""
        task = self._tasks.pop(chat.key, None)
        if task is not None:
            task.cancel()

    def _forget(self, key: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(key) is task:
            del self._tasks[key]
            self._chats.pop(key, None)

    async def _run(self, chat: Interconnection) -> None:
        ack, offset = -1, 0
        while chat.is_live:
            self._chats[chat.key] = chat
            try:
                reply = await self._poll(chat, ack)
                body: Any = reply.document() if reply.status == 200 else None
            except CallFailure as failure:
                self._complain(chat, f"Exists error in long polling : {failure}", str(failure))
                await self._give_up(chat)
                return
            if reply.status == 200:
                ack, offset = int(body["sequence"]), int(body.get("offset", 0))
                chat = await self._apply(chat, body["messages"])
            else:
                chat = await self._answer(chat, reply, offset)
            if chat.is_live:
                await asyncio.sleep(self._interval)

    async def _poll(self, chat: Interconnection, ack: int) -> Reply:
        """One poll in a trace of its own. A 503 leaves no error mark on the span, as in the real one."""
        resource = "GET /chat/rest/System/Messages"
        with tracer.span("interconnection.handleLongPolling", resource, is_root=True) as span:
            span.tag(client=chat.client, userID=chat.user_id)
            with tracer.span("get_messages", resource):
                reply = await self._agent.poll(chat, ack)
            span.tag(http__status_code=reply.status)
            if reply.status >= 400:
                span.tag(interconnection=chat.dump(), error__details=problem(reply))
            if reply.status >= 400 and reply.status != 503:
                span.fail(problem(reply))
            return reply

    async def _apply(self, chat: Interconnection, messages: list[dict[str, Any]]) -> Interconnection:
        for message in messages:
            kind, reason = str(message["type"]), message.get("message", {}).get("reason", "")
            log.info(f"Event [{kind}] : [{reason}]", userID=chat.user_id)
            if kind in _AFTER:
                chat = await self._move(chat, _AFTER[kind])
            if kind == "ChatRequestFail":
                self._send(chat, self._states.timeout)
            if kind == "ChatEnded":
                self._send(chat, self._states.success)
        return chat

    async def _answer(self, chat: Interconnection, reply: Reply, offset: int) -> Interconnection:
        """What each status means; levels as misleading as the real ones."""
        match reply.status:
            case 204:
                log.info("Not content events", userID=chat.user_id)
                return chat
            case 403:
                self._complain(chat, "StatusForbidden", problem(reply))
                return await self._give_up(chat)
            case 409:
                # Goes on, and the next poll learns by a 403 that the chat is over.
                log.info("Duplicate Long Polling", userID=chat.user_id)
                return chat
            case 503:
                self._complain(chat, "StatusServiceUnavailable", problem(reply))
                return await self._reconnect(chat, offset)
            case _:
                self._complain(chat, f"Exists error in long polling : {problem(reply)}", problem(reply))
                return await self._give_up(chat)

    async def _reconnect(self, chat: Interconnection, offset: int) -> Interconnection:
        try:
            chat = await self._agent.reconnect(chat, offset)
        except CallFailure as failure:
            self._complain(chat, "Reconnect session failed", str(failure))
            return await self._give_up(chat)
        await self._store.update_status(chat)
        return chat

    async def _give_up(self, chat: Interconnection) -> Interconnection:
        """No more polls: the chat is closed, the user goes to the time-out state of the bot."""
        self._send(chat, self._states.timeout)
        return await self._move(chat, Status.CLOSED)

    def _send(self, chat: Interconnection, state: str) -> None:
        log.info(f"Send to state [{state}]", userID=chat.user_id)

    async def _move(self, chat: Interconnection, status: Status) -> Interconnection:
        chat = chat.with_status(status)
        await self._store.update_status(chat)
        return chat

    def _complain(self, chat: Interconnection, message: str, error: str) -> None:
        log.error(message, error=error, userID=chat.user_id, interconnection=chat.dump())
