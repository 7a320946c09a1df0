"""The read-only commands without Slack; a part of the composition root that starts no engine and no sender."""

from __future__ import annotations

import contextlib
from datetime import date

from bot.adapters.clock import SystemClock
from bot.adapters.store.store import open_store
from bot.checks.registry import collect as collect_checks
from bot.domain.command import Command
from bot.domain.errors import SfintError
from bot.domain.notice import Notice, RunbookPage, Tone
from bot.domain.redaction import Redactor
from bot.domain.remediation import NoPlan
from bot.domain.report import Explained, Report
from bot.domain.run import DryRun
from bot.domain.target import Target
from bot.estates import open_estates
from bot.ports.estate import Estate
from bot.remediations.registry import collect as collect_remediations
from bot.runbook.loader import load_runbook
from bot.settings import Settings
from bot.usecases.lint_runbook import lint_runbook
from bot.usecases.run_checks import run_checks
from bot.usecases.show_runbook import show_runbook
from bot.usecases.verify_audit import AuditVerdict, export_audit, verify_audit

Answer = Report | DryRun | NoPlan | Notice | RunbookPage
_SALESFORCE_CHECKS = ("salesforce-token", "salesforce-api")


def read_runbook(words: str) -> RunbookPage | Notice:
    """Needs no configuration; a Notice when no page fits."""
    return show_runbook(load_runbook(), words)


async def ask(settings: Settings, redactor: Redactor, target_name: str, command: Command) -> Answer:
    """`status`, `token-test`, or the plan of a remediation; nothing is changed, paged or recorded."""
    clock, keys = SystemClock(), [key.get_secret_value() for key in settings.store.inbox_keys]
    async with contextlib.AsyncExitStack() as stack:
        store = await open_store(f"sqlite:///{settings.store.directory / 'sfint.db'}", keys, redactor, clock)
        stack.push_async_callback(store.close)
        estates = await open_estates(settings, store.logins, clock, stack)
        target, estate = settings.target(target_name), estates[target_name]
        remedies = collect_remediations()
        if command.name in remedies:
            try:
                found = await remedies[command.name].plan(target, estate)
            except SfintError as error:
                return Notice(f"{command.name}: no diagnosis", (f"Could not ask: {error}",), tone=Tone.BAD)
            return found if isinstance(found, NoPlan) else DryRun(found, "the terminal changes nothing")
        return await _report(target, estate, command)


async def _report(target: Target, estate: Estate, command: Command) -> Report:
    token_test = command.name == "token-test"
    chosen = [
        check
        for check in collect_checks()
        if (check.name in _SALESFORCE_CHECKS if token_test else not command.arguments)
        or check.component in command.arguments
    ]
    started_at, began = estate.clock.now(), estate.clock.monotonic()
    findings = await run_checks(chosen, target, estate)
    runbook = load_runbook()
    items = Report.ordered([Explained(finding, runbook.explain(finding.code)) for finding in findings])
    title = "Token test" if token_test else "Status"
    return Report(target.name, "terminal", started_at, estate.clock.monotonic() - began, items, title=title)


async def check_audit(settings: Settings, redactor: Redactor, known_head: str) -> AuditVerdict:
    """Walks the whole chain; `known_head` is a hash that must be in it, or empty."""
    async with contextlib.AsyncExitStack() as stack:
        keys = [key.get_secret_value() for key in settings.store.inbox_keys]
        url = f"sqlite:///{settings.store.directory / 'sfint.db'}"
        store = await open_store(url, keys, redactor, SystemClock())
        stack.push_async_callback(store.close)
        return await verify_audit(store.ledger, known_head)


async def audit_lines(settings: Settings, redactor: Redactor) -> list[str]:
    """The whole log as JSON, one line an event."""
    async with contextlib.AsyncExitStack() as stack:
        keys = [key.get_secret_value() for key in settings.store.inbox_keys]
        url = f"sqlite:///{settings.store.directory / 'sfint.db'}"
        store = await open_store(url, keys, redactor, SystemClock())
        stack.push_async_callback(store.close)
        return [line async for line in export_audit(store.ledger)]


def lint(today: date) -> tuple[str, ...]:
    """The runbook's problems as lines, errors first; an error line starts with `error`."""
    return tuple(str(problem) for problem in lint_runbook(load_runbook(), today))
