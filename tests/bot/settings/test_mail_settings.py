"""The settings of e-mail: addresses need a server, a password needs encryption, each team has its ways."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.domain.page import Page, PageState, page_key
from bot.domain.runbook import Severity, Team
from bot.pagers import recipients
from bot.settings import Settings, SettingsProblems, config_check, load_settings
from tests.bot.settings.test_load_settings import MINIMAL

SERVER = {"host": "smtp.example.com", "from": "sfint@example.com"}
ADMIN, SHARED, PARTNER = "admin@acme.example.com", "admins@example.com", "salesforce@example.com"
Load = Callable[[dict[str, Any]], Settings]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Loads the minimal configuration with these sections; `target` is merged into the target."""

    def loaded(changes: dict[str, Any]) -> Settings:
        tree = copy.deepcopy(MINIMAL)
        tree["targets"]["acme-prod"].update(changes.pop("target", {}))
        file = tmp_path / "sfint.yml"
        file.write_text(yaml.safe_dump({**tree, **changes}), encoding="utf-8")
        return load_settings(file, {})

    return loaded


def _page(team: Team, target: str = "acme-prod") -> Page:
    key = page_key(target, "expired-password", team)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Page(key, target, "expired-password", team, Severity.ERROR, "s", "C1", None, PageState.QUEUED, at)


def test_a_server_needs_two_settings(load: Load) -> None:
    """The rest is what a submission server usually has."""
    email = load({"email": SERVER}).email

    assert email is not None
    assert (email.port, email.starttls, email.sender) == (587, True, "sfint@example.com")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"teams": {"salesforce": {"emails": [PARTNER]}}}, "email: is required with `teams.salesforce.emails`"),
        ({"target": {"client_admin_emails": [ADMIN]}}, "email: is required with `targets.acme-prod.client_admin"),
        ({"email": {"host": "smtp.example.com"}}, "email.from: is required, e.g. sfint@example.com"),
        ({"email": {**SERVER, "from": "Bot <sfint@example.com>"}}, "email.from: must be an e-mail address"),
        (
            {"email": {**SERVER, "from": "a@example.com\nBcc: b@example.com"}},
            "email.from: must be an e-mail address",
        ),
        ({"email": {**SERVER, "username": "planted"}}, "email.username: and `email.password` belong together"),
        ({"email": {**SERVER, "password": "planted"}}, "email.username: and `email.password` belong together"),
        (
            {"email": {**SERVER, "username": "u", "password": "planted", "starttls": False}},
            "email.password: would travel in the clear",
        ),
        ({"email": {**SERVER, "ticket": "https://example.com/{secret}"}}, "email.ticket: may hold only"),
        (
            {"email": SERVER, "teams": {"salesforce": {"emails": ["not an address"]}}},
            "teams.salesforce.emails.0: must be an e-mail address",
        ),
    ],
)
def test_a_mistake_is_told(load: Load, changes: dict[str, Any], problem: str) -> None:
    """By its path, without its value."""
    with pytest.raises(SettingsProblems) as caught:
        load(changes)

    (said,) = map(str, caught.value.problems)
    assert said.startswith(problem)
    assert "planted" not in said


def test_a_target_has_client_admins_of_its_own(load: Load) -> None:
    """They go before those of all targets: one client must not read about another."""
    teams = {"client-admin": {"emails": [SHARED]}, "salesforce": {"emails": [PARTNER]}}
    settings = load({"email": SERVER, "teams": teams, "target": {"client_admin_emails": [ADMIN]}})

    assert recipients(settings, _page(Team.CLIENT_ADMIN)) == (ADMIN,)
    assert recipients(settings, _page(Team.SALESFORCE)) == (PARTNER,)
    assert recipients(settings, _page(Team.OPS)) == ()
    assert recipients(settings, _page(Team.CLIENT_ADMIN, "gone")) == (SHARED,)


def test_config_check_says_that_a_team_is_mailed(load: Load) -> None:
    """How many, not who."""
    shown = config_check(load({"email": SERVER, "teams": {"salesforce": {"emails": [PARTNER]}}}))

    assert "team salesforce: e-mail to 1" in shown
