"""The read-only commands without Slack; a part of the composition root that starts no engine and no sender."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date

from bot.adapters.clock import SystemClock
from bot.adapters.kubernetes_permissions import Need
from bot.adapters.kubernetes_proofs import kubernetes_questions, reading_questions, unless_token_refused
from bot.adapters.slack_proofs import slack_proofs
from bot.adapters.store.store import Store, open_store
from bot.checks.registry import collect as collect_checks
from bot.domain.actor import Role
from bot.domain.command import Command, spec_named
from bot.domain.contact_answer import ContactAnswer
from bot.domain.diagnosis import LogReading
from bot.domain.errors import NotFound, SfintError
from bot.domain.help import nothing_to_ask
from bot.domain.notice import Notice, RunbookPage, Tone
from bot.domain.proof import Proof, Question
from bot.domain.redaction import Redactor
from bot.domain.remediation import NoPlan
from bot.domain.report import Explained, Report
from bot.domain.run import DryRun
from bot.domain.target import Mode, Target
from bot.estates import open_cache, open_estate, open_estates, open_kubernetes
from bot.pagers import pager_questions
from bot.ports.estate import Estate
from bot.ports.ledger import Ledger
from bot.ports.logins import LoginBook
from bot.remediations.registry import collect as collect_remediations
from bot.runbook.loader import load_runbook
from bot.runbook.matcher import Matcher
from bot.settings import Reach, Settings
from bot.usecases.lint_runbook import lint_runbook
from bot.usecases.look_up_contact import contact_answer
from bot.usecases.prove_settings import prove_settings
from bot.usecases.prove_target import target_questions
from bot.usecases.read_logs import read_logs
from bot.usecases.run_checks import asked_of, run_checks
from bot.usecases.show_runbook import show_runbook
from bot.usecases.verify_audit import AuditVerdict, export_audit, verify_audit

_DATABASE = "sfint.db"
Answer = Report | ContactAnswer | LogReading | DryRun | NoPlan | Notice | RunbookPage


def read_runbook(words: str) -> RunbookPage | Notice:
    """Needs no configuration; a Notice when no page fits."""
    return show_runbook(load_runbook(), words)


@contextlib.asynccontextmanager
async def _books(settings: Settings, redactor: Redactor) -> AsyncIterator[Store]:
    """Beside a running bot too: the terminal adds log-ins to the book that protects the account, and no more."""
    keys = [key.get_secret_value() for key in settings.store.inbox_keys]
    store = await open_store(f"sqlite:///{settings.store.directory / _DATABASE}", keys, redactor, SystemClock())
    try:
        yield store
    finally:
        await store.close()


async def ask(settings: Settings, redactor: Redactor, target_name: str, command: Command) -> Answer:
    """`status`, `token-test`, or the plan of a remediation; nothing is changed, paged or recorded."""
    clock = SystemClock()
    async with contextlib.AsyncExitStack() as stack:
        store = await stack.enter_async_context(_books(settings, redactor))
        estates = await open_estates(settings, store.logins, clock, stack)
        target, estate = settings.target(target_name), estates[target_name]
        remedies = collect_remediations()
        if command.name == "logs":
            runbook = load_runbook()
            read = await read_logs(target, estate, command, Matcher(runbook.entries), runbook, asked_by="terminal")
            return read if isinstance(read, Notice) else read.reading
        if command.name in remedies:
            try:
                found = await remedies[command.name].plan(target, estate)
            except SfintError as error:
                return Notice(f"{command.name}: no diagnosis", (f"Could not ask: {error}",), tone=Tone.BAD)
            return found if isinstance(found, NoPlan) else DryRun(found, "the terminal changes nothing")
        if command.name == "contact":
            return await contact_answer(target, estate, load_runbook(), command.arguments, "terminal")
        return await _report(target, estate, command)


async def _report(target: Target, estate: Estate, command: Command) -> Report | Notice:
    spec = spec_named(command.name)
    names, title = (spec.checks, spec.title) if spec else ((), "")
    chosen = asked_of(collect_checks(), target, estate, components=command.arguments, names=names)
    if not chosen:
        return nothing_to_ask(command, target.name)
    started_at, began = estate.clock.now(), estate.clock.monotonic()
    findings = await run_checks(chosen, target, estate)
    runbook = load_runbook()
    items = Report.ordered([Explained(finding, runbook.explain(finding.code)) for finding in findings])
    seconds = estate.clock.monotonic() - began
    return Report(target.name, "terminal", started_at, seconds, items, title=title or "Status")


async def prove(settings: Settings, redactor: Redactor) -> tuple[Proof, ...]:
    """Every token, permission and name of the settings, asked of its system; nothing is changed, nobody paged."""
    clock = SystemClock()
    async with contextlib.AsyncExitStack() as stack:
        store = await stack.enter_async_context(_books(settings, redactor))
        questions = [
            *await _about_slack(settings, stack),
            *pager_questions(settings, load_runbook(), redactor, clock, stack),
        ]
        for name in settings.targets:
            questions += await _about_target(settings, name, store.logins, clock, stack)
        return await prove_settings(questions)


async def _about_slack(settings: Settings, stack: contextlib.AsyncExitStack) -> list[Question]:
    slack = settings.slack
    ask = await stack.enter_async_context(
        slack_proofs(slack.bot_token.get_secret_value(), slack.api_url, slack.team_id)
    )
    entrance = (
        ask.app_token(slack.app_token.get_secret_value()) if slack.mode == "socket" else ask.signing_secret()
    )
    questions = [ask.token(), ask.scopes(), entrance]
    channels = {
        channel: f"targets.{name}.channels" for name, t in settings.targets.items() for channel in t.channels
    }
    channels |= {slack.audit_channel: "slack.audit_channel"} if slack.audit_channel else {}
    questions += [ask.channel(channel, setting) for channel, setting in sorted(channels.items())]
    roles = settings.roles()
    people = {f"roles.{role}": roles.named(role) for role in Role}
    for team, way in settings.teams.items():
        people[f"teams.{team}.contacts"] = way.contacts
        people[f"teams.{team}.leader"] = (way.leader,) if way.leader else ()
        questions += [ask.group(way.slack_group, f"teams.{team}.slack_group")] if way.slack_group else []
    return questions + [ask.people(users, setting) for setting, users in people.items() if users]


async def _about_target(
    settings: Settings, name: str, logins: LoginBook, clock: SystemClock, stack: contextlib.AsyncExitStack
) -> list[Question]:
    target = settings.targets[name]
    try:
        api = await open_kubernetes(name, target, stack)
    except SfintError as error:
        return [_refused(f"kubernetes {name}", "credentials", error, f"correct targets.{name}.kubernetes")]
    needs = {Need.ACT} if target.mode is Mode.ACT else set()
    needs |= {Need.PORT_FORWARD} if target.redis.reach is Reach.PORT_FORWARD else set()
    names = {"statefulsets": target.redis.statefulset, "deployments": target.middleware.deployment}
    elsewhere = (target.integrations.namespace if target.integrations else None) or ""
    elsewhere = "" if elsewhere == target.namespace else elsewhere
    cache = open_cache(target, api)
    estate = open_estate(name, target, api, cache, logins, clock, stack)
    asked = target_questions(settings.target(name), estate, cache)
    return [
        *kubernetes_questions(api, name, target.namespace, needs, names),
        *(reading_questions(api, name, elsewhere) if elsewhere else ()),
        *(replace(question, ask=unless_token_refused(question.ask)) for question in asked),
    ]


def _refused(subject: str, what: str, error: SfintError, fix: str) -> Question:
    async def ask() -> str:
        raise error

    return Question(subject, what, ask, fix)


@contextlib.asynccontextmanager
async def _ledger(settings: Settings, redactor: Redactor) -> AsyncIterator[Ledger]:
    """Of a bot that has run: to make an empty log, and call it whole, would be an answer about another one."""
    directory = settings.store.directory
    try:
        (directory / _DATABASE).stat()
    except FileNotFoundError as error:
        what = f"store.directory: {directory} holds no {_DATABASE}"
        raise NotFound(f"{what}; run this where the bot keeps its own") from error
    except OSError:
        pass  # to open it says why
    async with _books(settings, redactor) as store:
        yield store.ledger


async def check_audit(settings: Settings, redactor: Redactor, known_head: str) -> AuditVerdict:
    """Walks the whole chain; `known_head` is a hash that must be in it, or empty."""
    async with _ledger(settings, redactor) as ledger:
        return await verify_audit(ledger, known_head)


async def audit_lines(settings: Settings, redactor: Redactor) -> list[str]:
    """The whole log as JSON, one line an event."""
    async with _ledger(settings, redactor) as ledger:
        return [line async for line in export_audit(ledger)]


def lint(today: date) -> tuple[str, ...]:
    """The runbook's problems as lines, errors first; an error line starts with `error`."""
    return tuple(str(problem) for problem in lint_runbook(load_runbook(), today))
