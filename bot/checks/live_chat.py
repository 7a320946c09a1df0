"""Does the live chat give us a session, and is its host still the org's?"""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from bot.checks.registry import check
from bot.domain.chat_guidance import candidates
from bot.domain.errors import NotFound
from bot.domain.finding import Finding, Outcome
from bot.domain.live_chat import Availability, ChatVerdict, SessionProof
from bot.domain.target import Target
from bot.ports.estate import Estate

_CODES = ("ok", "moved", "refused", "ids-refused", "not-deleted", "unreachable", "unreadable")
_OUTCOMES = {
    "ok": Outcome.OK,
    "moved": Outcome.FAILING,
    "refused": Outcome.FAILING,
    "ids-refused": Outcome.DEGRADED,
    "not-deleted": Outcome.DEGRADED,
}
_MEANINGS = {
    ChatVerdict.REFUSED: "{host} turns a new session away",
    ChatVerdict.IDS_REFUSED: "{host} does not know an id of ours",
    ChatVerdict.UNREACHABLE: "{host} could not be asked",
    ChatVerdict.UNREADABLE: "something answered at {host} that is not LiveAgent",
}


def _applies(target: Target, estate: Estate) -> bool:
    return target.live_chat is not None and estate.live_agent is not None


@check("live-chat", component="live-chat", codes=tuple(f"live-chat.{code}" for code in _CODES), applies=_applies)
async def live_chat(target: Target, estate: Estate) -> Finding:
    """Opens a chat session and deletes it again, and asks the host whether the org has moved (SwitchServer).

    What it says is what Salesforce's support asks for: address, request and answer, without keys.
    """
    chat, agent = target.live_chat, estate.live_agent
    if chat is None or agent is None:
        raise NotFound("no live chat is configured")
    session, availability = await asyncio.gather(
        agent.open_session(),
        agent.availability(tuple(chat.buttons.values())),
    )
    code, words = _judged(session, availability, urlsplit(chat.chat_url).netloc)
    return Finding(
        check="live-chat",
        component="live-chat",
        outcome=_OUTCOMES.get(code, Outcome.UNKNOWN),
        code=f"live-chat.{code}",
        summary=f"Live chat: {words}",
        evidence=_evidence(session, availability, code),
    )


def _judged(session: SessionProof, availability: Availability, host: str) -> tuple[str, str]:
    """The new host first: it explains whatever else the old one does."""
    if availability.answer.verdict is ChatVerdict.MOVED:
        return (
            "moved",
            f"the org has moved to {availability.moved_to}; {host} takes its chats and tells nothing of them",
        )
    if session.answer.verdict is not ChatVerdict.OK:
        said = f": SessionId answers {session.answer.status}" if session.answer.status else ""
        return session.answer.verdict.value, _MEANINGS[session.answer.verdict].format(host=host) + said
    if availability.answer.verdict is ChatVerdict.IDS_REFUSED:
        return "ids-refused", _MEANINGS[ChatVerdict.IDS_REFUSED].format(host=host)
    if not session.was_deleted:
        return "not-deleted", f"a session is opened, and could not be deleted: {session.deletion}"
    return "ok", f"{host} opens a session and deletes it again"


def _evidence(session: SessionProof, availability: Availability, code: str) -> tuple[str, ...]:
    lines = [
        f"{session.answer.request}: {_said(session)}",
        f"deleted again: {session.deletion}" if session.deletion else "",
    ]
    if availability.answer.verdict is not ChatVerdict.OK:
        said = availability.moved_to and f"SwitchServer {availability.moved_to}"
        lines.append(f"{availability.answer.request}: {said or _status(availability)}")
    verdict = ChatVerdict(code) if code in set(ChatVerdict) else ChatVerdict.OK
    return tuple(line for line in (*lines, candidates(verdict)) if line)


def _said(session: SessionProof) -> str:
    answer = session.answer
    return " ".join(part for part in (str(answer.status or ""), session.proof or answer.words) if part)


def _status(availability: Availability) -> str:
    answer = availability.answer
    return " ".join(part for part in (str(answer.status or ""), answer.words) if part)
