"""What a terminal says of itself, and of what is typed in the wrong place; no configuration is needed for it."""

from __future__ import annotations

import pytest

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
