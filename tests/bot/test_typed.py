"""What a terminal says of itself, of what is typed in the wrong place, and of a store that is not the bot's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from cryptography.fernet import Fernet

from bot.cli import main

Captured = pytest.CaptureFixture[str]
OVERVIEW, DIAGNOSE, STATUS = "sfint [--config FILE] COMMAND", "sfint diagnose [--json]", "sfint status\n"


@pytest.mark.parametrize(
    ("words", "begins"),
    [
        ([], OVERVIEW),
        (["help"], OVERVIEW),
        (["--config", "nosuch.yml", "-h"], OVERVIEW),
        (["help", "audit"], OVERVIEW),
        (["config", "check", "--help"], OVERVIEW),
        (["help", "diagnose"], DIAGNOSE),
        (["diagnose", "-h"], DIAGNOSE),
        (["help", "status"], STATUS),
        (["status", "--help"], STATUS),
    ],
)
def test_every_way_to_ask_for_help_is_answered(words: list[str], begins: str, capfd: Captured) -> None:
    """With what can be typed here: in Slack some of it means something else."""
    assert main(words) == 0

    printed = capfd.readouterr()
    assert printed.out.startswith(begins)
    assert "/sfint" not in printed.out
    assert printed.err == ""


@pytest.mark.parametrize(
    ("words", "complaint", "example"),
    [
        (["nosuch", "--help"], "nosuch is not a command", "sfint help"),
        (["diagnos", "a.log"], "Did you mean `sfint diagnose a.log`?", "sfint diagnose middleware.log"),
        (["config", "check", "--config", "a.yml"], "`--config` stands before", "sfint --config sfint.yml config"),
        (["status", "--config=a.yml"], "`--config` stands before the command", "sfint --config sfint.yml"),
        (
            ["audit", "verify", "--head", ""],
            "`--head` needs the 64 hexadecimal digits",
            "sfint audit verify --head a3f1",
        ),
        (["audit", "verify", "--head", "a3f1"], "hash, not `a3f1`", "sfint audit verify --head a3f1"),
    ],
)
def test_what_is_mistyped_is_named_with_an_example(
    words: list[str], complaint: str, example: str, capfd: Captured
) -> None:
    """Exit code 2, and nothing on standard output."""
    assert main(words) == 2

    printed = capfd.readouterr()
    assert printed.out == ""
    assert complaint in printed.err
    assert f"for example: {example}" in printed.err


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Of a bot that has never run, and a cluster that nobody reaches."""
    settings = {
        "slack": {"bot_token": "xoxb-1-abcdef", "app_token": "xapp-1-abcdef", "team_id": "T0ACME"},
        "store": {"directory": str(tmp_path / "store"), "inbox_keys": Fernet.generate_key().decode()},
        "targets": {
            "acme-prod": {
                "channels": ["C0INCIDENT"],
                "namespace": "integrations",
                "kubernetes": {"url": "https://127.0.0.1:1", "token": "kubernetes-token"},
                "redis": {"statefulset": "redis", "replicas": 3, "master_name": "mymaster"},
                "middleware": {"deployment": "middleware"},
                "salesforce": {
                    "login_url": "https://127.0.0.1:1",
                    "username": "bot@acme.example.com",
                    "client_id": "client-id",
                    "client_secret": "client-secret",
                    "password": "a-password",
                    "security_token": "security-token",
                },
            }
        },
    }
    file = tmp_path / "sfint.yml"
    file.write_text(yaml.safe_dump(settings), encoding="utf-8")
    file.chmod(0o600)
    return file


def typed(config: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The program itself."""
    command = [sys.executable, "-m", "bot", "--config", str(config), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("words", [("audit", "verify"), ("audit", "export")])
def test_an_audit_log_that_is_not_there_is_not_called_whole(config: Path, words: tuple[str, ...]) -> None:
    """A mistyped folder would be an empty log, and an empty log is unbroken."""
    store = config.parent / "store"

    ended = typed(config, *words)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(f"sfint: store.directory: {store} holds no sfint.db;")
    assert not store.exists()


def test_a_mistake_that_only_the_settings_show_is_told_as_every_other(config: Path) -> None:
    """Exit code 2, on standard error, with an example that a terminal takes."""
    ended = typed(config, "logs", "nosuch")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert "`nosuch` is none that this target's settings name" in ended.stderr
    assert "for example: sfint logs middleware" in ended.stderr
