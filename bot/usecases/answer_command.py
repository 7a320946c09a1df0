"""Answers `/sfint …`: parse, who may, which target, then one use case."""

from __future__ import annotations

from bot.domain.command import Command, CommandSpec, UsageProblem, spec_named
from bot.domain.grammar import parse
from bot.domain.help import help_for, nothing_to_ask, usage_notice
from bot.domain.notice import Notice, Tone
from bot.domain.target import Target
from bot.ports.chat import Where
from bot.ports.engine import Engine
from bot.ports.freeze import FreezeState
from bot.ports.telemetry import Answered
from bot.usecases.admit import admit_person, admit_to_target
from bot.usecases.ask import Ask, whisper
from bot.usecases.desk import Desk
from bot.usecases.diagnose import diagnose, nothing_to_read
from bot.usecases.home_target import runbook_here
from bot.usecases.look_up_contact import look_up_contact
from bot.usecases.observe_request import answered_with
from bot.usecases.propose import propose
from bot.usecases.read_logs import show_logs
from bot.usecases.record import record
from bot.usecases.report_status import report_status
from bot.usecases.show_runbook import show_runbook

_NO_TARGET_NEEDED = ("help", "runbook")


async def answer_command(desk: Desk, engine: Engine, ask: Ask, text: str) -> None:
    """Usage problems and refusals are seen by the asker alone; nothing is started then."""
    if not await admit_person(desk, ask):
        return
    command = parse(text)
    if isinstance(command, UsageProblem):
        answered_with(Answered.USAGE_ERROR)
        await whisper(desk, ask, usage_notice(command))
        return
    if command.name in _NO_TARGET_NEEDED:
        await _answer_reader(desk, ask, command)
        return
    target = await admit_to_target(desk, ask, command)
    if target is not None:
        await _carry_out(desk, engine, ask, command, target)


async def _carry_out(desk: Desk, engine: Engine, ask: Ask, command: Command, target: Target) -> None:
    match command.name:
        case "status":
            await _report(desk, ask, command, target)
        case "freeze":
            await _freeze(desk, ask, target, " ".join(command.arguments), frozen=True)
        case "thaw":
            await _freeze(desk, ask, target, "", frozen=False)
        case "diagnose":
            await _diagnose(desk, ask, command, target)
        case "logs":
            await show_logs(desk, ask, target, command)
        case "contact":
            await look_up_contact(desk, ask, target, command.arguments)
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


async def _diagnose(desk: Desk, ask: Ask, command: Command, target: Target) -> None:
    if command.arguments:
        await diagnose(desk, ask, target, command.arguments[0], source="a text")
    else:  # the form is opened before the acknowledgement; this came from a button, or the form did not open
        await whisper(desk, ask, nothing_to_read())


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
