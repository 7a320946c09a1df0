"""What became of a gesture."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Typed:
    """What became of a typed line. An ordinary message has a `ts` and no delivery."""

    acked: bool
    error: str | None = None
    delivery_id: str = ""
    trigger_id: str = ""
    ts: str = ""


@dataclass(frozen=True)
class Clicked:
    """What became of a click."""

    acked: bool
    error: str | None = None
    delivery_id: str = ""
    trigger_id: str = ""
    response_url: str = ""


@dataclass(frozen=True)
class Submitted:
    """What became of a submitted modal; `errors` by block_id are what the person sees, None when it went."""

    errors: dict[str, str] | None = None
    acked: bool = True
    error: str | None = None
    delivery_id: str = ""
