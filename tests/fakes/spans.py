"""Puts spans into the lab's Datadog, as a middleware would have sent them a moment ago."""

from __future__ import annotations

import secrets
import time

from lab.estate.datadog import DatadogStandIn
from lab.estate.datadog.events import span

SERVICE = "salesforce-integration"


def record(
    datadog: DatadogStandIn,
    operation: str,
    status: int | None = 200,
    *,
    times: int = 1,
    resource: str = "",
    is_error: bool | None = None,
    seconds: float = 0.1,
    ago: float = 1.0,
    service: str = SERVICE,
    env: str = "production",
    **meta: str,
) -> None:
    """Two underscores in the name of a tag stand for a dot; a status of 500 or a 4xx marks the span."""
    marked = status is not None and status >= 400 and status != 503 if is_error is None else is_error
    tags = {name.replace("__", "."): text for name, text in meta.items()}
    for _ in range(times):
        datadog.spans.add(
            span(
                {
                    "service": service,
                    "name": operation,
                    "resource": resource or operation,
                    "trace_id": secrets.randbits(63),
                    "span_id": secrets.randbits(63),
                    "start": time.time_ns() - int((ago + seconds) * 1e9),
                    "duration": int(seconds * 1e9),
                    "error": int(marked),
                    "meta": {"env": env, **({"http.status_code": str(status)} if status else {}), **tags},
                },
                "lab",
            )
        )
