"""One request: who asks, where, under which key; and the whisper that answers only them."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.actor import Actor, Place
from bot.domain.content import Content
from bot.domain.notice import Notice, Tone
from bot.ports.chat import Where
from bot.ports.telemetry import Answered
from bot.usecases.desk import Desk
from bot.usecases.observe_request import answered_with
from bot.usecases.record import record


@dataclass(frozen=True, slots=True)
class Ask:
    """`key` is the inbox key: correlation id, and run id if a run comes of it."""

    key: str
    actor: Actor
    place: Place
    response_url: str = ""


async def whisper(desk: Desk, ask: Ask, content: Content) -> None:
    """Answers the asker alone."""
    where = Where(ask.place.channel_id)
    await desk.chat.whisper(f"{ask.key}:whisper", where, ask.actor.user_id, content, response_url=ask.response_url)


async def refuse(desk: Desk, ask: Ask, action: str, reason: str, *, target: str = "", hint: str = "") -> None:
    """Says no with the reason, to the asker alone, and records it."""
    answered_with(Answered.REFUSED)
    await record(
        desk,
        f"{action}.refused",
        actor=ask.actor.user_id,
        target=target,
        correlation_id=ask.key,
        reason=reason,
        channel=ask.place.channel_id,
    )
    lines = (f"{reason[:1].upper()}{reason[1:]}.", *((hint,) if hint else ()))
    await whisper(desk, ask, Notice("Refused", lines, tone=Tone.WARNING))
