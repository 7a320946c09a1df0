"""What the data API answers, before it becomes HTTP or a part of a composite answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Answer:
    """Status, JSON document (None: no body) and headers."""

    status: int
    document: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
