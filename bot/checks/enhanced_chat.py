"""Does Enhanced Chat (Messaging for In-App and Web), the successor of the legacy chat, let a visitor in?"""

from __future__ import annotations

from bot.checks.registry import check
from bot.domain.chat_guidance import candidates
from bot.domain.errors import NotFound
from bot.domain.finding import Finding, Outcome
from bot.domain.live_chat import ChatAnswer, ChatVerdict
from bot.domain.target import Target
from bot.ports.estate import Estate

_CODES = ("ok", "refused", "ids-refused", "unreachable", "unreadable")
_OUTCOMES = {
    ChatVerdict.OK: Outcome.OK,
    ChatVerdict.REFUSED: Outcome.FAILING,
    ChatVerdict.IDS_REFUSED: Outcome.DEGRADED,
}
_MEANINGS = {
    ChatVerdict.OK: "gives a visitor's token",
    ChatVerdict.REFUSED: "turns a visitor away",
    ChatVerdict.IDS_REFUSED: "does not know the organisation or the deployment that we name",
    ChatVerdict.UNREACHABLE: "could not be asked",
    ChatVerdict.UNREADABLE: "answers with something that is no token",
}


def _applies(target: Target, estate: Estate) -> bool:
    return target.live_chat is not None and estate.enhanced_chat is not None


@check(
    "enhanced-chat",
    component="live-chat",
    codes=tuple(f"enhanced-chat.{code}" for code in _CODES),
    applies=_applies,
)
async def enhanced_chat(target: Target, estate: Estate) -> Finding:
    """Asks Messaging for In-App and Web for a visitor's token, as a chat window does; begins no conversation."""
    del target
    if estate.enhanced_chat is None:
        raise NotFound("no Enhanced Chat is configured")
    answer = await estate.enhanced_chat.access_token()
    return Finding(
        check="enhanced-chat",
        component="live-chat",
        outcome=_OUTCOMES.get(answer.verdict, Outcome.UNKNOWN),
        code=f"enhanced-chat.{answer.verdict}",
        summary=f"Enhanced Chat: {_MEANINGS[answer.verdict]}",
        evidence=_evidence(answer),
    )


def _evidence(answer: ChatAnswer) -> tuple[str, ...]:
    said = " ".join(part for part in (str(answer.status or ""), answer.words) if part)
    lines = (f"{answer.request}: {said}", candidates(answer.verdict, is_legacy=False))
    return tuple(line for line in lines if line)
