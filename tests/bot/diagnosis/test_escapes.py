"""A log is written by strangers: no line of it may steer the terminal of whoever reads the diagnosis."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

import pytest

from bot.diagnosis import command
from bot.runbook.loader import Runbook, load_runbook

CLIPBOARD, TITLE, CLEAR = "\x1b]52;c;ZWNobwo=\x07", "\x1b]0;all is well\x07", "\x9b2J"
LINE = f"{TITLE}dial tcp 10.0.0.9:6379: connect: no route to host {CLIPBOARD}{CLEAR}\r\u202eok"
STEERS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
Captured = pytest.CaptureFixture[str]


def one_page() -> Runbook:
    """A short runbook, which compiles at once."""
    return Runbook([page for page in load_runbook().entries if page.id == "redis-failure"])


diagnose = partial(command.diagnose, load=one_page)


@pytest.mark.parametrize("options", [[], ["--summary"]])
def test_a_line_does_not_steer_the_terminal(tmp_path: Path, capfd: Captured, options: list[str]) -> None:
    """Neither in the evidence, nor among the first and last lines."""
    log = tmp_path / "a.log"
    log.write_text(f"{LINE}\n", encoding="utf-8")

    assert diagnose([*options, str(log)]) == 0

    out = capfd.readouterr().out
    assert "redis-failure" in out
    assert STEERS.findall(out) == []


def test_what_programs_read_keeps_every_character(tmp_path: Path, capfd: Captured) -> None:
    """JSON has escapes of its own."""
    log = tmp_path / "a.log"
    log.write_text(f"{LINE}\n", encoding="utf-8")

    assert diagnose(["--json", str(log)]) == 0

    out = capfd.readouterr().out
    assert json.loads(out)["text"] == LINE
    assert "\x1b" not in out


@pytest.mark.parametrize("words", [[f"no{TITLE}"], [f"--no{TITLE}"]])
def test_a_mistake_is_repeated_without_what_steers(capfd: Captured, words: list[str]) -> None:
    """A file's name is a stranger's text, too."""
    assert diagnose(words) == 2

    assert STEERS.findall(capfd.readouterr().err) == []
