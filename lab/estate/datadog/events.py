"""What was sent: spans and log lines, each with its reserved fields, its attributes and its tags."""

from __future__ import annotations

import json
import secrets
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Json = dict[str, Any]
_KEPT = 20_000
_LEVELS = {"fatal": "emergency", "panic": "emergency", "warn": "warn", "warning": "warn"}


@dataclass(frozen=True)
class Event:
    """One span or log line; `at` is Unix time in seconds, `attributes` are nested as they are answered."""

    id: str
    at: float
    reserved: Mapping[str, str]
    attributes: Json
    tags: tuple[str, ...] = ()
    message: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    def values(self, name: str) -> list[Any]:
        """What `name:` (reserved field or tag) or `@name:` (attribute) stands for in this event."""
        if name.startswith("@"):
            found = _at(self.attributes, name[1:])
            return found if isinstance(found, list) else [] if found is None else [found]
        if name in self.reserved:
            return [self.reserved[name]]
        return [tag.partition(":")[2] for tag in self.tags if tag.partition(":")[0] == name]


class Events:
    """A bounded memory of them, oldest first."""

    def __init__(self) -> None:
        self._held: deque[Event] = deque(maxlen=_KEPT)

    def add(self, event: Event) -> None:
        """Keeps it; the oldest one goes when there are too many."""
        self._held.append(event)

    def clear(self) -> None:
        """Forgets everything."""
        self._held.clear()

    def between(self, begin: float, end: float) -> Iterator[Event]:
        """Those of that time, Unix seconds, both ends included."""
        return (event for event in self._held if begin <= event.at <= end)

    def __len__(self) -> int:
        return len(self._held)


def span(sent: Mapping[str, Any], host: str) -> Event:
    """A span in the fields of the trace agent: times in nanoseconds, `meta` strings, `metrics` numbers."""
    meta = {str(key): str(value) for key, value in (sent.get("meta") or {}).items()}
    env = meta.pop("env", "none")
    attributes = _nested({**meta, **(sent.get("metrics") or {}), "duration": int(sent["duration"]), "env": env})
    begin, end = int(sent["start"]) / 1e9, (int(sent["start"]) + int(sent["duration"])) / 1e9
    reserved = {
        "service": str(sent["service"]),
        "env": env,
        "operation_name": str(sent["name"]),
        "resource_name": str(sent["resource"]),
        "status": "error" if sent.get("error") else "ok",
        "host": host,
        "trace_id": str(sent["trace_id"]),
        "span_id": str(sent["span_id"]),
        "parent_id": str(sent.get("parent_id", 0)),
        "type": str(sent.get("type") or "custom"),
    }
    tags = (f"env:{env}", f"service:{sent['service']}", "source:apm")
    return Event(secrets.token_urlsafe(18), end, reserved, attributes, tags, extra={"begin": begin, "end": end})


def log_line(sent: Mapping[str, Any], now: float) -> Event:
    """A log as the intake takes it: a message in JSON becomes attributes, and gives severity and time."""
    text = str(sent.get("message", ""))
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    attributes = document if isinstance(document, dict) else {}
    level = str(attributes.get("severity", "info")).lower()
    tags = tuple(tag for tag in str(sent.get("ddtags", "")).split(",") if tag)
    reserved = {
        "service": str(sent.get("service", "")),
        "host": str(sent.get("hostname", "")),
        "source": str(sent.get("ddsource", "")),
        "status": _LEVELS.get(level, level),
    }
    at = _moment(attributes.get("time"), now)
    return Event(secrets.token_urlsafe(18), at, reserved, attributes, tags, str(attributes.get("msg", text)))


def _moment(text: object, now: float) -> float:
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return now


def _nested(flat: Mapping[str, Any]) -> Json:
    """`http.status_code` becomes `{"http": {"status_code": …}}`, as the search answers it."""
    tree: Json = {}
    for path, value in flat.items():
        *parents, last = path.split(".")
        place = tree
        for parent in parents:
            below = place.setdefault(parent, {})
            if not isinstance(below, dict):  # `error` beside `error.message`
                below = place[parent] = {"value": below}
            place = below
        place[last] = value
    return tree


def _at(tree: Json, path: str) -> Any:
    place: Any = tree
    for part in path.split("."):
        if not isinstance(place, dict) or part not in place:
            return tree.get(path)
        place = place[part]
    return None if isinstance(place, dict) else place
