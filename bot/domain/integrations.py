"""The core services of Integrations that bring the messages: what is expected of them, and what was read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.webhook import Webhook

ERRORS = (
    r"""(?i)["']?\b(?:severity|level)\b["']?\s*[:=]\s*["']?(?:error|fatal|critical|panic)\b"""
    r"""|(?-i:\b(?:ERROR|FATAL)\b)|\bpanic:"""
)
"""A line of severity error or worse, as JSON, as logfmt, or in capitals."""


@dataclass(frozen=True, slots=True)
class CoreService:
    """One service. `messages` is a regular expression for the log line of one message; empty: none are counted."""

    name: str
    deployment: str = ""
    """Empty: the name in small letters."""
    container: str = ""
    """Empty: as the Deployment."""
    messages: str = ""
    errors: str = ERRORS

    @property
    def workload(self) -> str:
        """The Deployment's name."""
        return self.deployment or self.name.lower()

    @property
    def log_container(self) -> str:
        """The container whose log counts."""
        return self.container or self.workload


@dataclass(frozen=True, slots=True)
class Integrations:
    """Windows are seconds. The baseline is the time before the window, as far as the logs reach back.

    Where it has no message either, the same stretch `step_seconds` earlier says whether that is usual.
    """

    namespace: str = ""
    """Empty: the target's own."""
    services: tuple[CoreService, ...] = tuple(
        CoreService(name) for name in ("Dispatcher", "Freeway", "API", "Channel")
    )
    window_seconds: float = 300.0
    baseline_seconds: float = 3600.0
    step_seconds: float = 86_400.0
    minimum_messages: int = 10
    """Messages that a window usually has, below which silence says nothing."""
    low_share: float = 0.2
    """Of the usual messages: fewer are told."""
    minimum_history: float = 2.0
    """So many windows the logs must reach back, before "usually" means something."""
    minimum_errors: int = 5
    contacts: tuple[str, ...] = ()
    """Platform's people, in the order in which to call them."""
    webhook: Webhook | None = None

    @property
    def seconds(self) -> int:
        """How far back a log is read."""
        return int(self.window_seconds + self.baseline_seconds)


@dataclass(frozen=True, slots=True)
class LogFigures:
    """Of one service. `covered_seconds` is how much of the baseline its logs hold."""

    messages: int = 0
    errors: int = 0
    usual_messages: int = 0
    """In the baseline, as far as it is covered."""
    covered_seconds: float = 0.0
    last_error: str = field(default="", repr=False)
    is_cut: bool = False
    """The newest lines are missing: more was logged than is read."""
    usual_at_this_hour: float | None = None
    """Messages a window of the day before; asked for only where neither window nor baseline has one."""


@dataclass(frozen=True, slots=True)
class ServiceReading:
    """One service at one moment. `problem` says why it does not run; `unread` what could not be asked."""

    service: CoreService
    pods: str = ""
    restarts: int = 0
    problem: str = ""
    unread: str = ""
    log: LogFigures | None = None
    """None where it could not be read."""


def figures(
    lines: Iterable[tuple[datetime, str]], service: CoreService, rules: Integrations, now: datetime
) -> LogFigures:
    """Counts one service's lines, in any order; each has the moment at which Kubernetes took it."""
    known = list(lines)
    if not known:
        return LogFigures()
    begin = now - timedelta(seconds=rules.window_seconds)
    message = re.compile(service.messages) if service.messages else None
    error = re.compile(service.errors) if service.errors else None
    recent = [(at, text) for at, text in known if at > begin]
    failed = [(at, text) for at, text in recent if error and error.search(text)]
    covered = (begin - min(at for at, _ in known)).total_seconds()
    return LogFigures(
        messages=_count(message, recent),
        errors=len(failed),
        usual_messages=_count(message, [(at, text) for at, text in known if at <= begin]),
        covered_seconds=min(max(0.0, covered), rules.baseline_seconds),
        last_error=max(failed)[1] if failed else "",
    )


def _count(pattern: re.Pattern[str] | None, lines: Sequence[tuple[datetime, str]]) -> int:
    return sum(1 for _, text in lines if pattern is not None and pattern.search(text))
