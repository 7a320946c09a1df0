"""The mail to teams outside: what it must say, and what must not be in it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.domain.letter import Letter
from bot.domain.page import Page, PageState, page_key
from bot.domain.redaction import Redactor
from bot.domain.runbook import OUTSIDE_SECTIONS, Entry, Severity, Team
from bot.domain.target import Target
from bot.runbook.loader import load_runbook
from bot.views.email_text import letter
from bot.views.plain_text import to_text

USER = "integration@acme.example.com"
TARGET = Target(
    "acme-prod",
    "integrations",
    frozenset({"C1"}),
    salesforce_username=USER,
    reset_email="salesforce@example.com",
)
RUNBOOK = load_runbook()
MAILED = [(entry, team) for entry in RUNBOOK.entries for team in entry.teams if team in OUTSIDE_SECTIONS]
INSIDE = (
    "kubectl",
    "argo",
    "rancher",
    "datadog",
    "slack",
    "pod",
    "namespace",
    "sfint token-test",
    "secret manager",
)


def page(entry: str = "expired-password", team: Team = Team.CLIENT_ADMIN, **changes: object) -> Page:
    """A page as the bot opens it."""
    made = Page(
        key=page_key("acme-prod", entry, team),
        target="acme-prod",
        entry=entry,
        team=team,
        severity=Severity.CRITICAL,
        summary="[acme-prod] Salesforce API: every call fails",
        channel="C1",
        thread="report:1",
        state=PageState.QUEUED,
        created_at=datetime(2026, 1, 1, 3, 4, tzinfo=UTC),
        reason="evidence: node-0 at 10.0.0.1",
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # a test's changes


def entry(name: str = "expired-password") -> Entry:
    """A page of the runbook."""
    found = RUNBOOK.get(name)
    assert found is not None
    return found


def written(made: Page, **changes: object) -> Letter:
    """The letter as it is sent: redacted."""
    return letter(made, entry(made.entry), replace(TARGET, **changes)).redacted(Redactor())  # type: ignore[arg-type]


def flat(text: str) -> str:
    """Without the line breaks of wrapping."""
    return " ".join(text.split())


def test_an_expired_password_is_a_mail_that_can_be_acted_on() -> None:
    """What happened, which user, where the reset mail goes, both secrets, no secret by mail."""
    mail = written(page())

    body = flat(mail.body)
    assert mail.subject == "[acme-prod] The integration user's password has expired"
    for words in (
        "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
        f"INTEGRATION USER {USER}",
        "Reset mails for it go to: salesforce@example.com",
        "A reset makes a new password AND a new security token. We need both",
        "Please never send a password, a security token or a client secret by mail",
        "Seen on 2026-01-01 03:04 UTC: Salesforce API: every call fails.",
        "Reference: sfint/acme-prod/expired-password/client-admin",
    ):
        assert words in body


@pytest.mark.parametrize(("found", "team"), MAILED, ids=lambda item: getattr(item, "id", str(item)))
def test_every_page_that_a_team_outside_may_get_reads_well(found: Entry, team: Team) -> None:
    """No mask, no markup, no line that a mail program breaks, nothing of our inside."""
    mail = written(page(found.id, team))

    assert USER in mail.body
    assert "WHAT TO DO" in mail.body
    assert "redacted" not in mail.body
    assert not re.search(r"\*\*|`|^#|\|", mail.body, re.MULTILINE)
    assert max(map(len, mail.body.splitlines())) <= 78
    assert "node-0" not in mail.body
    asked = mail.body[mail.body.index("WHAT TO DO") :].lower()
    assert [word for word in INSIDE if re.search(rf"\b{word}", asked)] == []


def test_a_page_without_a_section_for_the_team_says_what_it_means() -> None:
    """Better than nothing; the runbook's lint warns about it."""
    silent = replace(entry(), body="First.\n\n## What it means\n\n| a | b |\n|---|---|\n| `x` | the **y** |\n")

    mail = letter(page(), silent, TARGET)

    assert "WHAT IT MEANS\n\n- a: b\n- x: the y" in mail.body
    assert "answer this message" in mail.body


def test_an_entry_that_is_gone_still_gives_a_mail() -> None:
    """A page may outlive its entry by a release."""
    mail = letter(page("renamed"), None, TARGET)

    assert mail.subject == "[acme-prod] renamed"
    assert "every call fails" in mail.body


def test_the_end_is_short() -> None:
    """And asks for nothing."""
    mail = written(page(state=PageState.RESOLVED))

    assert mail.subject == "[acme-prod] Over: The integration user's password has expired"
    assert "You need not do anything more" in flat(mail.body)
    assert "WHAT TO DO" not in mail.body
    assert len(mail.body) < 500


def test_without_a_reset_address_the_admin_is_asked_to_ask() -> None:
    """An invented address would send the token to nobody."""
    body = written(page(), reset_email="", salesforce_username="").body

    assert "ask us by answering this message" in flat(body)
    assert "the user that the connected app runs as" in body


def test_the_ticket_is_an_address_with_the_target() -> None:
    """Where one is configured."""
    mail = letter(page(), entry(), TARGET, ticket="https://tickets.example.com/new?for={target}")

    assert "Ticket: https://tickets.example.com/new?for=acme-prod\n" in mail.body


def test_no_text_ends_the_subject_or_adds_a_header() -> None:
    """A line break in a title stays a space; a long one is cut."""
    odd = replace(entry(), title="one\r\nBcc: x@example.com\x00 " + "long " * 60)

    subject = letter(page(), odd, TARGET).subject

    assert subject.startswith("[acme-prod] one Bcc:")
    assert subject.isprintable()
    assert len(subject) <= 120


def test_times_are_told_in_utc() -> None:
    """Whatever zone the page was made in."""
    made = page(created_at=datetime(2026, 1, 1, 1, 0, tzinfo=timezone(timedelta(hours=-6))))

    assert "2026-01-01 07:00 UTC" in written(made).body


def test_a_secret_is_masked_even_beside_a_name() -> None:
    """Only the names themselves are left alone."""
    mail = Letter("s planted", f"{USER}planted {USER} x@example.com planted", (USER,)).redacted(
        Redactor(["planted"])
    )

    assert mail.body.startswith(USER)
    assert mail.body.count(USER) == 2
    assert "planted" not in mail.subject + mail.body
    assert "x@example.com" not in mail.body


def test_markdown_becomes_plain_text() -> None:
    """Items hang, code is indented, links show their address."""
    text = to_text(
        "## Head\n\n- see [the docs](https://example.com/a)\n  and `code`\n1. one\n```\nkeep  this\n```\n"
    )

    assert text == "HEAD\n\n- see the docs (https://example.com/a) and code\n1. one\n    keep  this"
