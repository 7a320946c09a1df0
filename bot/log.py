"""Structured logs: one JSON object a line on standard error, with a correlation id, redacted last of all."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.stdlib import ExtraAdder, ProcessorFormatter
from structlog.typing import Processor, WrappedLogger

from bot.domain.redaction import Redactor

_CHATTY = (
    "alembic",
    "aiohttp.access",
    "asyncio",
    "httpcore",
    "httpx",
    "kubernetes",
    "sqlalchemy.engine",
    "urllib3",
)
"""Libraries that tell at INFO what we tell ourselves; their warnings are kept."""

_SELF_SERVING = ("dbos",)
"""Libraries that add a handler of their own unless they find one."""


def configure_logging(redactor: Redactor, level: str = "INFO") -> None:
    """Sends structlog and the standard library's loggers down one pipeline, whose last word is redaction.

    `level` is a name of the standard library; ValueError for another. Calling it again replaces what was set.
    """
    shared: list[Processor] = [
        merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    formatter = ProcessorFormatter(
        foreign_pre_chain=[*shared, ExtraAdder()],
        processors=[
            ProcessorFormatter.remove_processors_meta,
            _Redaction(redactor),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    _install(formatter, level.upper())


@contextmanager
def bound(**facts: str) -> Iterator[None]:
    """Every line logged inside carries these facts: `with bound(correlation_id=…)`; tasks started inside too."""
    with bound_contextvars(**facts):
        yield


class _Redaction:
    """The last processor before the line is rendered: nothing is added after it."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def __call__(
        self, _logger: WrappedLogger, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        redacted = self._redactor.value(dict(event))
        assert isinstance(redacted, dict), "a mapping stays a mapping"  # noqa: S101
        return redacted


class _Handler(logging.StreamHandler[TextIO]):
    """Writes to standard error as it is now; a line that cannot be rendered is told of without its content."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  (the standard library's name)
        """The inherited one prints the raw message with its arguments, past the redaction."""
        what = type(sys.exc_info()[1]).__name__
        line = {"level": "error", "event": "a log line could not be written", "logger": record.name, "error": what}
        self.stream.write(json.dumps(line) + self.terminator)


def _install(formatter: logging.Formatter, level: str) -> None:
    handler = _Handler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.setLevel(level)
    root.handlers[:] = [handler]
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))
    # Libraries that brought handlers of their own would write past the redaction.
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name in _SELF_SERVING:
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.propagate = False
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """An uncaught exception is a log line too: its text may hold what a peer said."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        logging.getLogger("sfint").critical("uncaught exception", exc_info=(kind, error, trace))
