"""The pages that are packed with the program load, and a broken one says what is wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.domain.redis_topology import Verdict
from bot.domain.runbook import Severity, Team
from bot.domain.salesforce import CallVerdict, TokenVerdict
from bot.domain.target import Target
from bot.runbook.entry import first_paragraph, parse_entry
from bot.runbook.errors import BadEntry
from bot.runbook.loader import Runbook, load_runbook

PAGE = """---
id: redis-failure
title: Redis fails
teams: [ops, platform]
severity: critical
reviewed: 2026-11-22
findings: [redis.no-master, redis.hygiene]
informational: [redis.hygiene]
links: {rancher-redis: Rancher}
---
Two lines
of summary.

## More
"""


@pytest.mark.parametrize(
    ("code", "entry_id"),
    [
        *((f"redis.{verdict}", "redis-failure") for verdict in Verdict if verdict is not Verdict.HEALTHY),
        *(
            (f"redis-pods.{tail}", "redis-failure")
            for tail in ("crash-loop", "missing", "not-ready", "scaled-to-zero")
        ),
        *(
            (f"middleware.{tail}", "middleware-down")
            for tail in ("not-found", "desired-zero", "crash-loop", "down", "rolling-out")
        ),
        *(
            (f"token.{verdict}", "invalid-auth-header" if verdict is TokenVerdict.EMPTY else "error-getting-token")
            for verdict in TokenVerdict
            if verdict is not TokenVerdict.OK
        ),
        ("api.expired-password", "expired-password"),
        ("api.invalid-auth-header", "invalid-auth-header"),
        *(
            (f"api.{verdict}", "error-getting-token")
            for verdict in CallVerdict
            if verdict not in (CallVerdict.OK, CallVerdict.EXPIRED_PASSWORD, CallVerdict.INVALID_AUTH_HEADER)
        ),
    ],
)
def test_every_finding_leads_to_its_page(code: str, entry_id: str) -> None:
    """No failing answer is left unexplained."""
    entry = load_runbook().explain(code)

    assert entry is not None
    assert entry.id == entry_id


@pytest.mark.parametrize("code", ["redis.healthy", "token.ok", "nonsense"])
def test_a_code_without_a_page_explains_nothing(code: str) -> None:
    """Healthy codes have no page."""
    assert load_runbook().explain(code) is None


@pytest.mark.parametrize(
    ("entry_id", "teams"),
    [
        ("redis-failure", (Team.OPS, Team.PLATFORM)),
        ("middleware-down", (Team.OPS, Team.PLATFORM)),
        ("error-getting-token", (Team.INTEGRATIONS, Team.CLIENT_ADMIN)),
        ("invalid-auth-header", (Team.INTEGRATIONS, Team.CLIENT_ADMIN)),
        ("expired-password", (Team.CLIENT_ADMIN, Team.DEVOPS)),
    ],
)
def test_each_page_pages_its_teams_in_order(entry_id: str, teams: tuple[Team, ...]) -> None:
    """The first team is called first."""
    entry = load_runbook().get(entry_id)

    assert entry is not None
    assert entry.teams == teams


@pytest.mark.parametrize(
    "code", ["redis.hygiene", "middleware.rolling-out", "token.unreachable", "token.held-back"]
)
def test_informational_findings_page_nobody(code: str) -> None:
    """They are explained all the same."""
    entry = load_runbook().explain(code)

    assert entry is not None
    assert not entry.pages_for(code)


def test_a_real_failure_pages() -> None:
    """The opposite of the above."""
    entry = load_runbook().explain("redis.no-master")

    assert entry is not None
    assert entry.pages_for("redis.no-master")


def test_a_file_becomes_an_entry() -> None:
    """Front matter and first paragraph."""
    entry = parse_entry("redis-failure.md", PAGE)

    assert (entry.id, entry.severity, entry.reviewed) == ("redis-failure", Severity.CRITICAL, date(2026, 11, 22))
    assert entry.teams == (Team.OPS, Team.PLATFORM)
    assert entry.summary == "Two lines of summary."
    assert entry.body.endswith("## More")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("teams: [ops, platform]", "teams: [opps]", "`teams` does not know `opps`"),
        ("severity: critical", "severity: grave", "`severity` does not know `grave`"),
        ("reviewed: 2026-11-22", "reviewed: yesterday", "`reviewed` must be a date"),
        ("title: Redis fails", "", "`title` must be text"),
        ("informational: [redis.hygiene]", "informational: redis.hygiene", "`informational` must be a list"),
        ("links: {rancher-redis: Rancher}", "links: [x]", "`links` must be a section"),
        ("title: Redis fails", "titel: Redis fails", "unknown key titel"),
        ("title: Redis fails", "title: [", "not valid YAML"),
    ],
)
def test_a_broken_page_names_file_and_key(old: str, new: str, words: str) -> None:
    """A writer sees at once what to mend."""
    with pytest.raises(BadEntry) as caught:
        parse_entry("redis-failure.md", PAGE.replace(old, new))

    assert str(caught.value).startswith("redis-failure.md: ")
    assert words in str(caught.value)


def test_two_pages_with_one_id_are_refused() -> None:
    """Ids are names."""
    entry = parse_entry("redis-failure.md", PAGE)

    with pytest.raises(BadEntry, match="same id"):
        Runbook([entry, entry])


def test_links_are_filled_in_or_left_out() -> None:
    """Never an invented address: without a template there is no link."""
    templates = {"rancher-redis": "https://r.example.com/{namespace}/{statefulset}"}
    target = Target("acme-prod", "acme", frozenset(), links=templates)
    runbook = Runbook([parse_entry("redis-failure.md", PAGE)])

    assert runbook.entries[0].links == {}
    assert runbook.linked(replace(target, links={})).entries[0].links == {}
    assert runbook.linked(target).entries[0].links == {"Rancher": "https://r.example.com/acme/redis-sentinel-node"}


def test_the_first_paragraph_ends_at_a_blank_line() -> None:
    """It may stand on several lines."""
    assert first_paragraph("\na\nb\n\nc") == "a b"
