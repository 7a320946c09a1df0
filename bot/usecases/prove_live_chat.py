"""Questions about a target's live chat: a session, the buttons' ids, their queues, and the successor."""

from __future__ import annotations

from collections.abc import Sequence

from bot.checks.chat_buttons import chat_buttons
from bot.checks.chat_queue import chat_queue
from bot.checks.enhanced_chat import enhanced_chat
from bot.checks.live_chat import live_chat
from bot.checks.registry import Ask
from bot.domain.errors import AccessDenied, Unreachable
from bot.domain.finding import Finding, Outcome
from bot.domain.proof import Question, Spared
from bot.domain.target import Target
from bot.ports.estate import Estate

_NO_MISTAKE = {"chat-buttons.no-agent", "chat-queue.no-agents", "live-chat.not-deleted"}
"""True as they may be, they are nothing that the settings promise."""
_OPTIONAL = {"chat-queue.cannot-tell"}
"""A user that may not read the queues is enough for all the rest."""


def live_chat_questions(target: Target, estate: Estate) -> Sequence[Question]:
    """None for a target without a live chat. The session that proves the first is deleted again."""
    chat = target.live_chat
    if chat is None:
        return ()
    path, subject = f"targets.{target.name}.live_chat", f"live chat {target.name}"
    ids = f"correct {path}: chat_url, organization_id, deployment_id; see `sfint runbook no-livechat-events`"
    asked = [
        (estate.live_agent is not None, "one session", live_chat, ids),
        (estate.live_agent is not None, "chat buttons", chat_buttons, f"correct {path}.buttons"),
        (
            bool(chat.buttons),
            "queues",
            chat_queue,
            f"correct {path}.queues",
        ),
        (estate.enhanced_chat is not None, "Enhanced Chat", enhanced_chat, f"correct {path}.enhanced"),
    ]
    return [_question(subject, what, check, fix, target, estate) for applies, what, check, fix in asked if applies]


def _question(subject: str, what: str, check: Ask, fix: str, target: Target, estate: Estate) -> Question:
    async def ask() -> str | Spared:
        return _judged(await check(target, estate))

    return Question(subject, what, ask, fix)


def _judged(finding: Finding) -> str | Spared:
    words = "; ".join((finding.summary, *finding.evidence[:2]))
    if finding.outcome is Outcome.OK or finding.code in _NO_MISTAKE:
        return finding.summary
    if finding.code in _OPTIONAL:
        return Spared(words)
    if finding.outcome is Outcome.UNKNOWN:
        raise Unreachable(words)
    raise AccessDenied(words)
