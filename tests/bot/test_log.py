"""Log lines of a process that was configured: JSON, correlated, redacted, whoever wrote them."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

_PROGRAM = """
import asyncio, logging, sys, warnings
import structlog
from bot.domain.redaction import Redactor
from bot.log import bound, configure_logging

logging.getLogger("talkative").addHandler(logging.StreamHandler())
log = structlog.get_logger("early")
configure_logging(Redactor(["planted-known-secret"]), "info")

log.info("plain", count=3, ok=True)
log.debug("too quiet")
with bound(correlation_id="13345224609.7384.8088930838d88"):
    log.warning("inside", password="planted-field")
    logging.getLogger("slack_bolt.App").error("from a library %s", {"token": "planted-in-args"})

    async def task():
        structlog.get_logger().info("in a task")

    asyncio.run(asyncio.wait_for(task(), 1))
log.info("outside")
logging.getLogger("talkative").warning("Authorization: Bearer planted-bearer", extra={"url": "redis://:planted-pw@h/"})
logging.getLogger("httpx").info("too chatty")
logging.getLogger("dbos").warning("from dbos planted-known-secret")
import dbos._logger
dbos._logger.init_logger()
logging.getLogger("dbos").warning("again planted-known-secret")
try:
    raise ValueError("peer said Password:planted-in-error planted-known-secret")
except ValueError:
    log.exception("caught")
    logging.getLogger("kubernetes").exception("caught too")
warnings.warn("client_secret=planted-warning", stacklevel=1)

class Unprintable:
    def __str__(self):
        raise RuntimeError("planted-in-repr")
    __repr__ = __str__

log.info("unprintable", what=Unprintable())
local = "planted-known-secret"
raise RuntimeError("uncaught " + local)
"""


@pytest.fixture(scope="module")
def output() -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture(scope="module")
def lines(output: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    return {line["event"]: line for line in map(json.loads, output.stderr.splitlines())}


def test_every_line_is_json_on_standard_error(output: subprocess.CompletedProcess[str]) -> None:
    """Nothing is printed elsewhere, not even by an uncaught exception."""
    assert output.stdout == ""
    assert output.returncode == 1
    for line in output.stderr.splitlines():
        assert {"event", "level"} <= json.loads(line).keys()


def test_no_planted_secret_is_in_any_line(output: subprocess.CompletedProcess[str]) -> None:
    """Fields, arguments, extras, exception texts, tracebacks, warnings."""
    assert "planted" not in output.stderr


def test_a_line_carries_time_level_logger_and_facts(lines: dict[str, dict[str, Any]]) -> None:
    """Numbers and booleans stay what they are."""
    line = lines["plain"]

    assert (line["level"], line["logger"], line["count"], line["ok"]) == ("info", "early", 3, True)
    assert line["timestamp"].endswith("Z")


def test_levels_are_kept(lines: dict[str, dict[str, Any]]) -> None:
    """Debug lines and the chatter of HTTP clients are dropped; what libraries warn of is not."""
    assert "too quiet" not in lines
    assert "too chatty" not in lines
    assert "caught too" in lines


def test_the_correlation_id_reaches_libraries_and_tasks(lines: dict[str, dict[str, Any]]) -> None:
    """From the command to the last step, and no further."""
    inside = [line["event"] for line in lines.values() if "correlation_id" in line]

    assert inside == ["inside", "from a library {'token': '***'}", "in a task"]
    assert lines["inside"]["correlation_id"] == "13345224609.7384.8088930838d88"


def test_a_library_with_a_handler_of_its_own_is_told_once_and_redacted(
    output: subprocess.CompletedProcess[str], lines: dict[str, dict[str, Any]]
) -> None:
    """Neither past the gate nor twice through it."""
    assert output.stderr.count("Authorization: Bearer ***") == 1
    assert lines["Authorization: Bearer ***"]["url"] == "redis://:***@h/"
    assert output.stderr.count("from dbos") == output.stderr.count('"again ***"') == 1


def test_exceptions_keep_their_traceback(lines: dict[str, dict[str, Any]]) -> None:
    """Redacted, but readable."""
    for event in ("caught", "caught too", "uncaught exception"):
        assert "Traceback" in lines[event]["exception"]
    assert "peer said Password:***" in lines["caught"]["exception"]


def test_a_line_that_cannot_be_rendered_is_told_of(lines: dict[str, dict[str, Any]]) -> None:
    """Without its content, which nobody could redact."""
    assert lines["a log line could not be written"]["error"] == "RuntimeError"
