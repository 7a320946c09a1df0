"""LiveAgent: a session opened and deleted, and the availability of buttons; its keys never leave this file."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlsplit

import httpx

from bot.adapters.chat_http import ChatHttp, ChatReply, json_object
from bot.domain.live_chat import (
    Availability,
    ButtonState,
    ChatAnswer,
    ChatVerdict,
    SessionProof,
    classify_status,
)
from bot.domain.secret_shapes import MASK

_REST = "/chat/rest"
_NETLOC = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*(:\d{1,5})?")
_SECRETS = ("id", "key", "affinityToken")


@dataclass(frozen=True, slots=True)
class _Session:
    key: str = field(repr=False)
    affinity: str = field(repr=False)


class LiveAgentChat:
    """Implements `bot.ports.live_chat.LiveAgent`. Close it with `aclose`; the deadline is for each request.

    `chat_url` is the host, with or without `/chat/rest`, as SFC_CHAT_URL holds it.
    """

    def __init__(
        self,
        chat_url: str,
        *,
        organization_id: str,
        deployment_id: str,
        api_version: int = 52,
        deadline_seconds: float = 1.5,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._base = chat_base(chat_url)
        self._organization_id, self._deployment_id = organization_id, deployment_id
        self._version = {"X-LIVEAGENT-API-VERSION": str(api_version)}
        self._http = ChatHttp(deadline_seconds, http)
        self._under_way: set[asyncio.Task[SessionProof]] = set()

    async def aclose(self) -> None:
        """Lets sessions that were opened be deleted, then closes the connections."""
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._http.aclose()

    async def open_session(self) -> SessionProof:
        """Opens one and deletes it; both go on by themselves when the caller has no more time."""
        task = asyncio.create_task(self._open_and_delete(), name="live-agent-session")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    async def availability(self, buttons: Sequence[str]) -> Availability:
        """One read answers both: are agents online for these buttons, and is this still the org's host?"""
        params = {
            "org_id": self._organization_id,
            "deployment_id": self._deployment_id,
            "Availability.ids": f"[{','.join(buttons)}]",
            "Availability.needEstimatedWaitTime": "1",
        }
        url = f"{self._base}/Visitor/Availability"
        reply = await self._http.send("GET", url, headers=self._version, params=params)
        answer = _answered(reply)
        if reply.status != 200:
            return Availability(answer)
        return self._availability(answer, reply, buttons)

    async def _open_and_delete(self) -> SessionProof:
        headers = {**self._version, "X-LIVEAGENT-AFFINITY": "null"}
        reply = await self._http.send("GET", f"{self._base}/System/SessionId", headers=headers)
        shown = ", ".join(f"{name}: {value}" for name, value in headers.items())
        answer = replace(_answered(reply), request=f"{reply.request} ({shown})")
        if reply.status != 200:
            return SessionProof(answer)
        body = json_object(reply.body)
        if body is None:
            return SessionProof(_unreadable(answer, reply))
        session = _session(body)
        if session is None:
            missing = ", ".join(name for name in _SECRETS if not _text(body.get(name)))
            return SessionProof(_unreadable(answer, reply, f"the answer has no {missing}"), _masked(body))
        was_deleted, deletion = await self._delete(session)
        return SessionProof(answer, _masked(body), was_deleted, deletion)

    async def _delete(self, session: _Session) -> tuple[bool, str]:
        url = f"{self._base}/System/SessionId/{quote(session.key, safe='!=')}"
        headers = {
            **self._version,
            "X-LIVEAGENT-AFFINITY": session.affinity,
            "X-LIVEAGENT-SESSION-KEY": session.key,
        }
        reply = await self._http.send("DELETE", url, headers=headers)
        words = " ".join(part for part in (str(reply.status or ""), reply.words) if part)
        for secret in (session.key, quote(session.key, safe="!="), session.affinity):
            words = words.replace(secret, MASK)
        return 200 <= reply.status < 300, words

    def _availability(self, answer: ChatAnswer, reply: ChatReply, buttons: Sequence[str]) -> Availability:
        message = _message(json_object(reply.body))
        if message is None:
            return Availability(_unreadable(answer, reply))
        kind, content = message
        if kind == "SwitchServer":
            moved_to = _host(_text(content.get("newUrl")))
            if not moved_to or urlsplit(moved_to).netloc == urlsplit(self._base).netloc:
                return Availability(_unreadable(answer, reply, "SwitchServer names no other host"))
            return Availability(replace(answer, verdict=ChatVerdict.MOVED), moved_to=moved_to)
        results = content.get("results")
        if kind != "Availability" or not isinstance(results, list):
            return Availability(_unreadable(answer, reply, "neither Availability nor SwitchServer"))
        told = {_text(each.get("id"))[:15]: each for each in results if isinstance(each, dict)}
        return Availability(answer, {button: _button(told.get(button[:15])) for button in buttons})


def chat_base(chat_url: str) -> str:
    """`https://host/chat/rest`, whether the setting has the path or not."""
    base = chat_url.rstrip("/")
    return base if base.endswith(_REST) else base + _REST


def _answered(reply: ChatReply) -> ChatAnswer:
    verdict = ChatVerdict.OK if reply.status == 200 else reply.verdict or classify_status(reply.status)
    return ChatAnswer(
        verdict, reply.request, reply.status, "" if reply.status == 200 else reply.words, reply.seconds
    )


def _unreadable(answer: ChatAnswer, reply: ChatReply, words: str = "") -> ChatAnswer:
    """JSON of another shape may hold the very keys that must not be shown: only prose is repeated."""
    said = "JSON of another shape" if reply.words[:1] in ("{", "[", '"') else reply.words
    return replace(answer, verdict=ChatVerdict.UNREADABLE, words=words or said or "an empty answer")


def _session(body: Mapping[str, object]) -> _Session | None:
    if not all(_text(body.get(name)) for name in _SECRETS):
        return None
    return _Session(_text(body["key"]), _text(body["affinityToken"]))


def _masked(body: Mapping[str, object]) -> str:
    """The keys of the answer, and of its values the one that is no secret: what Salesforce's support asks for."""
    shown = {name: value if name == "clientPollTimeout" else MASK for name, value in sorted(body.items())[:12]}
    return json.dumps(shown, separators=(", ", ": "))


def _message(body: Mapping[str, object] | None) -> tuple[str, Mapping[str, object]] | None:
    messages = (body or {}).get("messages")
    first = messages[0] if isinstance(messages, list) and messages else None
    if not isinstance(first, dict) or not isinstance(first.get("message"), dict):
        return None
    return _text(first.get("type")), first["message"]


def _button(told: Mapping[str, object] | None) -> ButtonState:
    """A missing isAvailable is false; a button that is not in the answer is another matter."""
    if told is None:
        return ButtonState(None)
    wait = told.get("estimatedWaitTime")
    seconds = float(wait) if isinstance(wait, int | float) and not isinstance(wait, bool) and wait >= 0 else None
    return ButtonState(told.get("isAvailable") in (True, "true"), seconds)


def _host(url: str) -> str:
    """Scheme and host of what SwitchServer names, which may come without a scheme; empty for anything else."""
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not _NETLOC.fullmatch(parts.netloc):
        return ""
    return f"{parts.scheme}://{parts.netloc}"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
