"""The desk: everything that the use cases reach for, wired once by the composition root."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.checks.registry import Check
from bot.domain.actor import Roles
from bot.domain.target import Target
from bot.ports.attachments import Attachments
from bot.ports.chat import Chat
from bot.ports.clock import Clock
from bot.ports.directory import Directory
from bot.ports.estate import Estate
from bot.ports.freeze import Freezer
from bot.ports.ledger import Ledger
from bot.ports.lookups import LookupBook
from bot.ports.pages import PageBook
from bot.ports.runs import RunBook
from bot.ports.step import Step
from bot.remediations.registry import Remediation
from bot.runbook.loader import Runbook
from bot.runbook.matcher import Matcher


@dataclass(frozen=True)
class Desk:
    """Values and ports; no behaviour."""

    targets: Mapping[str, Target]
    default_targets: Mapping[str, str]
    """Channel id -> the target that answers there without `--target`."""
    estates: Mapping[str, Estate]
    roles: Roles
    home_team: str
    runbook: Runbook
    matcher: Matcher
    checks: tuple[Check, ...]
    remediations: Mapping[str, Remediation]
    steps: Mapping[str, Step]
    chat: Chat
    directory: Directory
    attachments: Attachments
    ledger: Ledger
    pages: PageBook
    runs: RunBook
    freezer: Freezer
    lookups: LookupBook
    clock: Clock
    wake_pager: Callable[[], None]
    """Called without arguments when a page is owed to a provider."""
