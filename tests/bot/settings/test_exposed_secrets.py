"""A configuration with secrets in it is for the owner's eyes; one that only names them may be read by all."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import exposed_secrets

LITERAL = """
slack: {bot_token: xoxb-1-2-abcdef, app_token: "env:SLACK_APP_TOKEN"}
store: {inbox_keys: [written-out-key]}
teams: {ops: {pagerduty_routing_key: "file:/run/secrets/ops"}}
"""
NAMED = 'slack: {bot_token: "env:SLACK_BOT_TOKEN", team_id: T0ACME}\n'


@pytest.mark.parametrize("mode", [0o644, 0o640])
def test_written_out_secrets_that_others_may_read_are_named(tmp_path: Path, mode: int) -> None:
    """By the names of their settings; never by their values."""
    warning = exposed_secrets(written(tmp_path, LITERAL, mode))

    assert "store.inbox_keys, slack.bot_token" in warning or "slack.bot_token, store.inbox_keys" in warning
    assert not any(word in warning for word in ("xoxb", "written-out", "app_token", "routing_key"))


@pytest.mark.parametrize(("text", "mode"), [(LITERAL, 0o600), (NAMED, 0o644)])
def test_nothing_is_said_where_nobody_can_read_a_secret(tmp_path: Path, text: str, mode: int) -> None:
    """Either the file is private, or it names where the secrets are."""
    assert exposed_secrets(written(tmp_path, text, mode)) == ""


def test_a_file_that_is_not_there_is_somebody_elses_problem(tmp_path: Path) -> None:
    """Loading it says so."""
    assert exposed_secrets(tmp_path / "none.yml") == ""


def written(directory: Path, text: str, mode: int) -> Path:
    """The file with these permissions."""
    path = directory / "sfint.yml"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path
