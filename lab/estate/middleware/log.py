"""The log: one JSON object a line with severity, msg, time and whatever else, keys sorted as logrus sorts them."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime

from lab.estate.middleware.trace import tracer


def info(message: str, **fields: object) -> None:
    """Severity info."""
    _write("info", message, fields)


def error(message: str, **fields: object) -> None:
    """Severity error."""
    _write("error", message, fields)


def fatal(message: str, **fields: object) -> None:
    """Severity fatal; the caller exits."""
    _write("fatal", message, fields)


def _write(severity: str, message: str, fields: dict[str, object]) -> None:
    line = {"severity": severity, "msg": message, "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"} | fields
    text = json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
    tracer.log(text)
