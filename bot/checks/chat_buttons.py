"""Is an agent online for each chat button? None is no error of ours: nobody is paged for it."""

from __future__ import annotations

from collections.abc import Mapping

from bot.checks.registry import check
from bot.domain.errors import AccessDenied, BadAnswer, NotFound, SfintError, Unreachable
from bot.domain.finding import Finding, Outcome
from bot.domain.live_chat import Availability, ButtonState, ChatVerdict
from bot.domain.target import Target
from bot.ports.estate import Estate

_CODES = ("ok", "no-agent", "unknown-id")


def _applies(target: Target, estate: Estate) -> bool:
    return target.live_chat is not None and bool(target.live_chat.buttons) and estate.live_agent is not None


@check(
    "chat-buttons", component="live-chat", codes=tuple(f"chat-buttons.{code}" for code in _CODES), applies=_applies
)
async def chat_buttons(target: Target, estate: Estate) -> Finding:
    """Asks Salesforce for each chat button whether an agent is online, and how long people wait."""
    chat, agent = target.live_chat, estate.live_agent
    if chat is None or agent is None:
        raise NotFound("no live chat is configured")
    buttons = chat.buttons
    found = await agent.availability(tuple(buttons.values()))
    if found.answer.verdict is not ChatVerdict.OK:
        raise _could_not_tell(found)
    states = {name: found.buttons.get(identifier, ButtonState(None)) for name, identifier in buttons.items()}
    lines = tuple(f"{name} ({buttons[name]}): {_words(state)}" for name, state in states.items())
    offline = [name for name, state in states.items() if state.is_online is False]
    strange = [name for name, state in states.items() if state.is_online is None]
    if offline:
        return _finding("no-agent", f"no agent is online for {_listed(offline, states)}", lines)
    if strange:
        return _finding("unknown-id", f"Salesforce does not know the button {', '.join(strange)}", lines)
    return _finding("ok", f"agents are online for {_listed(list(states), states)}", lines)


def _could_not_tell(found: Availability) -> SfintError:
    """Why is the business of the check `live-chat`; here it is only not known."""
    answer = found.answer
    match answer.verdict:
        case ChatVerdict.MOVED:
            return BadAnswer(f"the org has moved to {found.moved_to}")
        case ChatVerdict.UNREACHABLE:
            return Unreachable(answer.words or f"answered {answer.status}")
        case ChatVerdict.UNREADABLE:
            return BadAnswer(answer.words)
        case _:
            return AccessDenied(f"answered {answer.status} {answer.words}".strip())


def _listed(names: list[str], states: Mapping[str, ButtonState]) -> str:
    return f"all {len(names)} chat buttons" if len(names) == len(states) > 1 else ", ".join(names)


def _words(state: ButtonState) -> str:
    if state.is_online is None:
        return "not in the answer: a wrong id, or the button is gone"
    if not state.is_online:
        return "no agent online"
    return "an agent is online" + ("" if state.wait_seconds is None else f", wait about {state.wait_seconds:g} s")


def _finding(code: str, summary: str, evidence: tuple[str, ...]) -> Finding:
    outcome = Outcome.OK if code == "ok" else Outcome.DEGRADED
    return Finding(
        "chat-buttons", "live-chat", outcome, f"chat-buttons.{code}", f"Chat buttons: {summary}", evidence
    )
