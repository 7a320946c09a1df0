"""Answers `/sfint …`: parse, who may, which target, then one use case."""

from __future__ import annotations

from bot.domain.approval import may_ask
from bot.domain.command import Command, CommandSpec, UsageProblem, spec_named
from bot.domain.grammar import parse
from bot.domain.help import help_for, nothing_to_ask, usage_notice
from bot.domain.likeness import nearest
from bot.domain.notice import Notice, Tone
from bot.domain.target import Target
from bot.ports.chat import Where
from bot.ports.engine import Engine
from bot.ports.freeze import FreezeState
from bot.ports.telemetry import Answered
from bot.usecases.ask import Ask, refuse, whisper
from bot.usecases.desk import Desk
from bot.usecases.home_target import home_target, runbook_here, targets_here
from bot.usecases.observe_request import answered_with
from bot.usecases.propose import propose
from bot.usecases.record import record
from bot.usecases.report_status import report_status
from bot.usecases.show_runbook import show_runbook
from bot.usecases.strangers import refusal

_NO_TARGET_NEEDED = ("help", "runbook")


async def answer_command(desk: Desk, engine: Engine, ask: Ask, text: str) -> None:
    """Usage problems and refusals are seen by the asker alone; nothing is started then."""
    if not ask.place.is_joined:
        answered_with(Answered.REFUSED)
        await _record_uninvited(desk, ask)
        await whisper(desk, ask, _invite())
        return
    stranger = refusal(ask.actor, ask.place, desk.roles, desk.home_team)
    if stranger:
        await refuse(desk, ask, "command", stranger)
        return
    command = parse(text)
    if isinstance(command, UsageProblem):
        answered_with(Answered.USAGE_ERROR)
        await whisper(desk, ask, usage_notice(command))
        return
    if command.name in _NO_TARGET_NEEDED:
        await _answer_reader(desk, ask, command)
        return
    target = _target(desk, ask, command)
    if isinstance(target, Notice):
        answered_with(Answered.USAGE_ERROR)
        await whisper(desk, ask, target)
        return
    allowed = may_ask(ask.actor, ask.place, target, _spec(command.name).role, desk.roles, desk.home_team)
    if not allowed.yes:
        await refuse(desk, ask, command.name, allowed.reason, target=target.name)
        return
    await _carry_out(desk, engine, ask, command, target)


async def _carry_out(desk: Desk, engine: Engine, ask: Ask, command: Command, target: Target) -> None:
    match command.name:
        case "status":
            await _report(desk, ask, command, target)
        case "freeze":
            await _freeze(desk, ask, target, " ".join(command.arguments), frozen=True)
        case "thaw":
            await _freeze(desk, ask, target, "", frozen=False)
        case name if _spec(name).checks:
            await _report(desk, ask, command, target)
        case name if name in desk.remediations:
            await propose(desk, engine, ask, target, name, dry_run=command.switched("dry-run"))
        case name:
            raise ValueError(f"the catalogue has a command that nobody answers: {name}")


async def _report(desk: Desk, ask: Ask, command: Command, target: Target) -> None:
    spec = _spec(command.name)
    posted = await report_status(
        desk,
        target,
        key=ask.key,
        channel=ask.place.channel_id,
        asked_by=ask.actor.user_id,
        components=command.arguments,
        names=spec.checks,
        title=spec.title or "Status",
    )
    if posted is None:
        await whisper(desk, ask, nothing_to_ask(command, target.name))


async def _answer_reader(desk: Desk, ask: Ask, command: Command) -> None:
    if command.name == "runbook":
        await whisper(
            desk, ask, show_runbook(runbook_here(desk, ask.place.channel_id), " ".join(command.arguments))
        )
        return
    named = command.arguments[0] if command.arguments else None
    await whisper(desk, ask, help_for(named))


async def _freeze(desk: Desk, ask: Ask, target: Target, reason: str, *, frozen: bool) -> None:
    now = desk.clock.now()
    await desk.freezer.set(FreezeState(frozen, ask.actor.user_id, reason, now))
    action = "repairs.frozen" if frozen else "repairs.thawed"
    await record(desk, action, actor=ask.actor.user_id, target=target.name, correlation_id=ask.key, reason=reason)
    title = "All repairs are frozen" if frozen else "Repairs may go on"
    until = "Nothing is changed until an operator types `/sfint thaw`; questions and `--dry-run` still work."
    lines = (f"By <@{ask.actor.user_id}>{': ' + reason if reason else ''}.", *((until,) if frozen else ()))
    notice = Notice(title, lines, tone=Tone.WARNING if frozen else Tone.GOOD)
    await desk.chat.show(f"freeze:{ask.key}", Where(ask.place.channel_id), notice)


def _spec(name: str) -> CommandSpec:
    spec = spec_named(name)
    if spec is None:
        raise ValueError(f"parsed a command that the catalogue lacks: {name}")
    return spec


def _takes_target(command: Command) -> bool:
    """False for what concerns every target: a freeze must not be asked which one it means."""
    return any(option.name == "target" for option in _spec(command.name).options)


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


def _invite() -> Notice:
    lines = ("I am not a member of this channel, so nothing was run.", "Invite me, then ask again: /invite @sfint")
    return Notice("Please invite me", lines, "/invite @sfint", Tone.WARNING)
