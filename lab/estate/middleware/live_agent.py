"""The LiveAgent REST calls of one chat: open, init, poll, reconnect."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lab.estate.middleware import log
from lab.estate.middleware.interconnection import Interconnection
from lab.estate.middleware.proxy import CallFailure, Proxy, Reply
from lab.estate.middleware.salesforce import Contact, Person
from lab.estate.middleware.settings import Settings

_API_VERSION = "52"


@dataclass(frozen=True)
class Session:
    """What SessionId answers."""

    id: str
    key: str = field(repr=False)
    affinity_token: str = field(repr=False)


class LiveAgentClient:
    """Stateless: every call is told whose session it is about."""

    def __init__(self, settings: Settings, proxy: Proxy) -> None:
        self._settings, self._proxy = settings, proxy
        base = settings.sfc_chat_url
        self._base = base if base.endswith("/chat/rest") else f"{base}/chat/rest"

    async def open(self) -> Session:
        """A new session; its keys go to the log, as the runbook's own example shows. Raises CallFailure."""
        reply = await self._proxy.send("GET", f"{self._base}/System/SessionId", headers=_headers("null"))
        body = _checked(reply).document()
        assert isinstance(body, dict)
        log.info("Get Session sucessfully", response=body)
        return Session(str(body["id"]), str(body["key"]), str(body["affinityToken"]))

    async def start_chat(self, session: Session, person: Person, contact: Contact, case_id: str) -> None:
        """Ask for an agent. Raises CallFailure."""
        document: dict[str, Any] = {
            "organizationId": self._settings.sfc_organization_id,
            "deploymentId": self._settings.sfc_deployment_id,
            "buttonId": self._settings.sfc_button_id,
            "sessionId": session.id,
            "visitorName": person.name or "Visitor",
            "prechatDetails": [],
            "prechatEntities": [{"entityName": "Contact", "entityId": contact.id, "caseId": case_id}],
            "receiveQueueUpdates": True,
            "isPost": True,
        }
        headers = _headers(session.affinity_token, session.key) | {"X-LIVEAGENT-SEQUENCE": "1"}
        url = f"{self._base}/Chasitor/ChasitorInit"
        _checked(await self._proxy.send("POST", url, headers=headers, document=document))

    async def say(self, chat: Interconnection, text: str, sequence: int) -> None:
        """Pass on what the user wrote. Raises CallFailure."""
        headers = _headers(chat.affinity_token, chat.session_key) | {"X-LIVEAGENT-SEQUENCE": str(sequence)}
        url = f"{self._base}/Chasitor/ChatMessage"
        _checked(await self._proxy.send("POST", url, headers=headers, document={"text": text}))

    async def poll(self, chat: Interconnection, ack: int) -> Reply:
        """One long poll; the status decides what it means. Raises CallFailure without an answer."""
        headers = _headers(chat.affinity_token, chat.session_key)
        url = f"{self._base}/System/Messages"
        return await self._proxy.send("GET", url, headers=headers, params={"ack": str(ack)})

    async def reconnect(self, chat: Interconnection, offset: int) -> Interconnection:
        """The chat with its new affinity token. Raises CallFailure."""
        reply = await self._proxy.send(
            "GET",
            f"{self._base}/System/ReconnectSession",
            headers=_headers("null", chat.session_key),
            params={"ReconnectSession.offset": str(offset)},
        )
        body = _checked(reply).document()
        assert isinstance(body, dict)
        return chat.with_affinity(str(body["messages"][0]["message"]["affinityToken"]))

    async def end(self, chat: Interconnection) -> None:
        """Give the session back. Raises CallFailure."""
        url = f"{self._base}/System/SessionId/{chat.session_key}"
        headers = _headers(chat.affinity_token, chat.session_key)
        _checked(await self._proxy.send("DELETE", url, headers=headers))


def problem(reply: Reply) -> str:
    """`[403] - Error call with status : …`, the form of the long-polling errors."""
    return f"[{reply.status}] - Error call with status : {reply.text}"


def _checked(reply: Reply) -> Reply:
    if reply.status >= 300:
        raise CallFailure(problem(reply))
    return reply


def _headers(affinity: str, key: str | None = None) -> dict[str, str]:
    headers = {"X-LIVEAGENT-API-VERSION": _API_VERSION, "X-LIVEAGENT-AFFINITY": affinity}
    return headers | ({"X-LIVEAGENT-SESSION-KEY": key} if key is not None else {})
