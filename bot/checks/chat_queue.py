"""Are agents assigned to the queue of each chat button? Without any, every chat there is Unavailable."""

from __future__ import annotations

from bot.checks.registry import check
from bot.domain.chat_queues import judge_queues
from bot.domain.crm_query import QueryAnswer
from bot.domain.errors import NotFound
from bot.domain.finding import Finding, Outcome
from bot.domain.target import Target
from bot.ports.estate import Estate
from bot.readings.chat_queues import read_chat_queues

_CODES = ("ok", "no-agents", "missing", "other-queue", "cannot-tell")
_OUTCOMES = {"ok": Outcome.OK, "cannot-tell": Outcome.UNKNOWN}


def _applies(target: Target, estate: Estate) -> bool:
    del estate
    return target.live_chat is not None and bool(target.live_chat.buttons)


@check("chat-queue", component="live-chat", codes=tuple(f"chat-queue.{code}" for code in _CODES), applies=_applies)
async def chat_queue(target: Target, estate: Estate) -> Finding:
    """Looks up in the org to which queue each chat button leads, and counts the active agents assigned to it."""
    if target.live_chat is None:
        raise NotFound("no live chat is configured")
    found, unread = await read_chat_queues(target.live_chat, estate.crm)
    code, words = judge_queues(found)
    # Not readable is not empty: Salesforce hides objects and fields that the user may not see.
    refusal = _refusal(unread) if unread is not None and code == "cannot-tell" else ""
    return Finding(
        check="chat-queue",
        component="live-chat",
        outcome=_OUTCOMES.get(code, Outcome.DEGRADED),
        code=f"chat-queue.{code}",
        summary=f"Chat queues: {words}",
        evidence=tuple(line for line in (refusal, *(each.line for each in found)) if line),
    )


def _refusal(answer: QueryAnswer) -> str:
    if answer.is_ok:
        return f"only {len(answer.rows)} of {answer.total} rows were read"
    said = " / ".join(part for part in (answer.error_code, answer.message) if part)
    blamed = f"the integration user may not read {answer.blamed}" if answer.blamed else str(answer.verdict)
    return f"{blamed}: {said}" if said else blamed
