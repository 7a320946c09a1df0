"""Who gets an answer at all, and about which target; the same for a command, a form and a shortcut."""

from __future__ import annotations

from bot.domain.approval import may_ask
from bot.domain.command import Command, spec_named
from bot.domain.likeness import nearest
from bot.domain.notice import Notice, Tone
from bot.domain.target import Target
from bot.ports.telemetry import Answered
from bot.usecases.ask import Ask, refuse, whisper
from bot.usecases.desk import Desk
from bot.usecases.home_target import home_target, targets_here
from bot.usecases.observe_request import answered_with
from bot.usecases.record import record
from bot.usecases.strangers import refusal


async def admit_person(desk: Desk, ask: Ask) -> bool:
    """False, with the reason to the asker alone, for strangers and where the bot is no member."""
    if not ask.place.is_joined:
        answered_with(Answered.REFUSED)
        await _record_uninvited(desk, ask)
        await whisper(desk, ask, _not_between_two() if ask.place.is_direct else _invite())
        return False
    stranger = refusal(ask.actor, ask.place, desk.roles, desk.home_team)
    if stranger:
        await refuse(desk, ask, "command", stranger)
    return not stranger


async def admit_to_target(desk: Desk, ask: Ask, command: Command) -> Target | None:
    """The target that the command means; None, with the reason to the asker alone, where they have none."""
    target = _target(desk, ask, command)
    if isinstance(target, Notice):
        answered_with(Answered.USAGE_ERROR)
        await whisper(desk, ask, target)
        return None
    spec = spec_named(command.name)
    if spec is None:
        raise ValueError(f"parsed a command that the catalogue lacks: {command.name}")
    allowed = may_ask(ask.actor, ask.place, target, spec.role, desk.roles, desk.home_team)
    if not allowed.yes:
        await refuse(desk, ask, command.name, allowed.reason, target=target.name)
        return None
    return target


def _takes_target(command: Command) -> bool:
    """False for what concerns every target: a freeze must not be asked which one it means."""
    spec = spec_named(command.name)
    return spec is not None and any(option.name == "target" for option in spec.options)


def _target(desk: Desk, ask: Ask, command: Command) -> Target | Notice:
    channel, named = ask.place.channel_id, command.option("target")
    here = targets_here(desk, channel)
    if not here:
        return Notice("No target here", ("No target is configured for this channel.",), tone=Tone.WARNING)
    if named is None:
        home = home_target(desk, channel) or (None if _takes_target(command) else desk.targets[here[0]])
        if home is None:
            lines = (f"This channel has several targets: {', '.join(here)}. Name one with `--target`.",)
            return Notice("Which target?", lines, f"/sfint {command.name} --target {here[0]}", Tone.WARNING)
        return home
    if named not in here:
        guess = nearest(named, here)
        lines = (f"`--target`: `{named}` is no target of this channel; here: {', '.join(here)}.",)
        return Notice("Unknown target", lines, f"/sfint {command.name} --target {guess or here[0]}", Tone.WARNING)
    return desk.targets[named]


async def _record_uninvited(desk: Desk, ask: Ask) -> None:
    """Whoever tries it from channel to channel leaves a trace, as with every other refusal."""
    actor, channel = ask.actor.user_id, ask.place.channel_id
    await record(desk, "command.uninvited", actor=actor, target="", correlation_id=ask.key, channel=channel)


def _not_between_two() -> Notice:
    lines = (
        "I answer in channels only, where others see what was asked and done; nothing was run.",
        "Ask again in a channel that I was invited to.",
    )
    return Notice("Not in a direct message", lines, "/sfint status", Tone.WARNING)


def _invite() -> Notice:
    lines = ("I am not a member of this channel, so nothing was run.", "Invite me, then ask again: /invite @sfint")
    return Notice("Please invite me", lines, "/invite @sfint", Tone.WARNING)
