"""Builds the one pager for all teams from the settings; a part of the composition root."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from bot.adapters.pager_by_team import PagerByTeam, Way
from bot.adapters.pagerduty import PagerDutyPager
from bot.domain.letter import Letter
from bot.domain.page import Page
from bot.domain.proof import Question
from bot.domain.redaction import Redactor
from bot.domain.runbook import Team
from bot.domain.target import Target
from bot.ports.clock import Clock
from bot.runbook.loader import Runbook
from bot.settings import Settings
from bot.settings.schema import EmailSettings
from bot.views.email_text import letter

if TYPE_CHECKING:
    from bot.adapters.email import EmailPager


def open_pager(
    settings: Settings, runbook: Runbook, redactor: Redactor, clock: Clock, stack: AsyncExitStack
) -> PagerByTeam:
    """PagerDuty for teams with a routing key, e-mail for those with addresses, both for those with both."""
    keys, duty = _keys(settings), _duty(settings, stack)
    ways = [Way(duty, lambda page: page.team in keys)]
    if settings.email is None:
        return PagerByTeam(ways, clock)
    mail = _mail(settings, settings.email, runbook, redactor, clock)
    ways.append(Way(mail, lambda page: bool(recipients(settings, page))))
    return PagerByTeam(ways, clock, patience_seconds=settings.email.patience_seconds)


def pager_questions(
    settings: Settings, runbook: Runbook, redactor: Redactor, clock: Clock, stack: AsyncExitStack
) -> list[Question]:
    """Whether every routing key and the mail server would take a page; none is made."""
    duty = _duty(settings, stack)

    def about_key(team: Team) -> Question:
        async def ask() -> str:
            return f"{await duty.prove(team)} (resolved an alert that never was: nobody was paged)"

        setting = f"teams.{team}.pagerduty_routing_key"
        fix = f"copy the key of the service's Events API v2 integration into {setting}"
        return Question("pagerduty", f"key of {team}", ask, fix)

    questions = [about_key(team) for team in _keys(settings)]
    if settings.email is None:
        return questions
    mail = _mail(settings, settings.email, runbook, redactor, clock)
    return [
        *questions,
        Question(
            "e-mail", f"server {settings.email.host}", mail.prove, "correct the section `email` of the settings"
        ),
    ]


def _keys(settings: Settings) -> dict[Team, str]:
    keys = {team: way.pagerduty_routing_key.get_secret_value() for team, way in settings.teams.items()}
    return {team: key for team, key in keys.items() if key}


def _duty(settings: Settings, stack: AsyncExitStack) -> PagerDutyPager:
    duty = PagerDutyPager(
        _keys(settings),
        url=settings.pagerduty.events_url,
        deadline_seconds=settings.pagerduty.deadline_seconds,
    )
    stack.push_async_callback(duty.aclose)
    return duty


def recipients(settings: Settings, page: Page) -> Sequence[str]:
    """A target's own client admins go before the addresses that all targets share."""
    target = settings.targets.get(page.target)
    if page.team is Team.CLIENT_ADMIN and target is not None and target.client_admin_emails:
        return target.client_admin_emails
    team = settings.teams.get(page.team)
    return team.emails if team is not None else ()


def _mail(
    settings: Settings, email: EmailSettings, runbook: Runbook, redactor: Redactor, clock: Clock
) -> EmailPager:
    # Imported when configured: an installation without e-mail does not carry the library.
    from bot.adapters.email import EmailPager
    from bot.adapters.smtp_submission import SmtpServer

    def write(page: Page) -> Letter:
        # A page may outlive its target in the settings.
        target = (
            settings.target(page.target)
            if page.target in settings.targets
            else Target(page.target, "", frozenset())
        )
        return letter(page, runbook.get(page.entry), target, ticket=email.ticket or "")

    server = SmtpServer(
        host=email.host,
        port=email.port,
        username=email.username,
        password=email.password.get_secret_value(),
        starttls=email.starttls,
        ca_file=str(email.ca_file) if email.ca_file else None,
        deadline_seconds=email.deadline_seconds,
    )
    return EmailPager(
        server,
        sender=email.sender,
        reply_to=email.reply_to or "",
        recipients=lambda page: recipients(settings, page),
        write=write,
        redactor=redactor,
        clock=clock,
        patience_seconds=email.patience_seconds,
    )
