"""Bodies of answers, in the shapes that the API documents."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from lab.estate.datadog.events import Event, Json
from lab.estate.datadog.moments import iso


def span_item(event: Event) -> Json:
    """One span of a search."""
    return {
        "id": event.id,
        "type": "spans",
        "attributes": {
            **event.reserved,
            "custom": {**event.attributes, "service": event.reserved["service"]},
            "start_timestamp": iso(event.extra["begin"]),
            "end_timestamp": iso(event.extra["end"]),
            "ingestion_reason": "auto",
            "retained_by": "diversity_sampling",
            "resource_hash": f"{abs(hash(event.reserved['resource_name'])):016x}"[:16],
            "single_span": False,
            "tags": list(event.tags),
        },
    }


def log_item(event: Event) -> Json:
    """One log line of a search."""
    return {
        "id": event.id,
        "type": "log",
        "attributes": {
            **{key: event.reserved[key] for key in ("service", "status", "host")},
            "timestamp": iso(event.at),
            "message": event.message,
            "tags": list(event.tags),
            "attributes": event.attributes,
        },
    }


def page(items: Sequence[Json], after: str, elapsed: int, path: str, query: dict[str, Any]) -> Json:
    """A page of a search; without `after` it is the last one."""
    body: Json = {
        "data": list(items),
        "meta": {**_meta(elapsed), "page": {"after": after}} if after else _meta(elapsed),
    }
    if after:
        body["links"] = {"next": f"{path}?{urlencode({**query, 'page[cursor]': after})}"}
    return body


def span_buckets(pairs: Sequence[tuple[Json, Json]], elapsed: int) -> Json:
    """The aggregate of spans: a list of resources, with `compute`."""
    data = [
        {"type": "bucket", "id": secrets.token_hex(16), "attributes": {"by": by, "compute": computed}}
        for by, computed in pairs
    ]
    return {"data": data, "meta": _meta(elapsed)}


def log_buckets(pairs: Sequence[tuple[Json, Json]], elapsed: int) -> Json:
    """The aggregate of logs: `data.buckets`, with `computes`."""
    return {"meta": _meta(elapsed), "data": {"buckets": [{"computes": one, "by": by} for by, one in pairs]}}


def cursor(place: int) -> str:
    """Opaque, as the real one."""
    return base64.urlsafe_b64encode(json.dumps({"after": place}).encode()).decode().rstrip("=")


def place(text: str) -> int:
    """Where the page after this cursor begins. Raises ValueError."""
    padded = text + "=" * (-len(text) % 4)
    return int(json.loads(base64.urlsafe_b64decode(padded))["after"])


def _meta(elapsed: int) -> Json:
    return {"elapsed": elapsed, "request_id": f"pddv1{secrets.token_urlsafe(40)}", "status": "done"}
