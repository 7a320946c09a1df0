"""One key chooses how Slack reaches the bot; what that mode needs is asked for, with an example."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import Problem, Settings, SettingsProblems, load_settings


def load(path: Path, **slack: Any) -> Settings:
    """A minimal configuration with this `slack` section."""
    target = {
        "channels": ["C0INCIDENT"],
        "namespace": "integrations",
        "kubernetes": {"in_cluster": True},
        "salesforce": {
            "client_id": "id",
            "client_secret": "client secret",
            "username": "integration@acme.example.com",
            "password": "password",
        },
    }
    tree = {
        "slack": {"bot_token": "xoxb-1", "team_id": "T0ACME", **slack},
        "store": {"inbox_keys": [base64.urlsafe_b64encode(b"k" * 32).decode()]},
        "targets": {"acme-prod": target},
    }
    file = path / "sfint.yml"
    file.write_text(yaml.safe_dump(tree), encoding="utf-8")
    return load_settings(file, {})


def mistakes(path: Path, **slack: Any) -> list[Problem]:
    """What is wrong with it."""
    with pytest.raises(SettingsProblems) as caught:
        load(path, **slack)
    return caught.value.problems


@pytest.mark.parametrize(
    ("mode", "missing", "example"),
    [
        ("socket", "app_token", "env:SLACK_APP_TOKEN"),
        ("http", "signing_secret", "env:SLACK_SIGNING_SECRET"),
    ],
)
def test_each_mode_needs_a_secret_of_its_own(tmp_path: Path, mode: str, missing: str, example: str) -> None:
    """The one that is missing is named, the other mode's is not asked for."""
    (problem,) = mistakes(tmp_path, mode=mode)

    assert problem == Problem(f"slack.{missing}", f"is required with `mode: {mode}`", example)


def test_socket_mode_needs_no_signing_secret(tmp_path: Path) -> None:
    """And is what holds where no mode is named."""
    assert load(tmp_path, app_token="xapp-1").slack.mode == "socket"


def test_http_mode_needs_no_app_token(tmp_path: Path) -> None:
    """It listens on loopback unless told; the secret is one that the redactor knows."""
    settings = load(tmp_path, mode="http", signing_secret="shhh")

    assert (settings.slack.http.host, settings.slack.http.port) == ("127.0.0.1", 3000)
    assert settings.slack.http.path == "/slack/events"
    assert "shhh" in settings.secrets()


def test_what_the_other_mode_needs_may_stay(tmp_path: Path) -> None:
    """Going back is one key."""
    assert load(tmp_path, mode="http", app_token="xapp-1", signing_secret="shhh").slack.mode == "http"


@pytest.mark.parametrize(
    ("slack", "path", "words"),
    [
        ({"mode": "https", "app_token": "xapp-1"}, "slack.mode", "must be 'socket' or 'http'"),
        ({"mode": "http", "signing_secret": ""}, "slack.signing_secret", "must not be empty"),
        ({"app_token": "xoxb-1"}, "slack.app_token", "must start with xapp-"),
        ({"app_token": "xapp-1", "http": {"path": "slack"}}, "slack.http.path", "starts with /"),
        ({"app_token": "xapp-1", "http": {"port": 0}}, "slack.http.port", "at least 1"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, slack: dict[str, Any], path: str, words: str) -> None:
    """Where, and what it should be."""
    (problem,) = mistakes(tmp_path, **slack)

    assert problem.path == path
    assert words in problem.what
