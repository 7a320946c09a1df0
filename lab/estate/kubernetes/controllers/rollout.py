"""The arithmetic of a rolling update: how far the new ReplicaSet may grow and the old ones must shrink."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Fences:
    """The resolved limits of a rolling update, in pods."""

    max_surge: int
    max_unavailable: int


def resolve_fences(desired: int, max_surge: int | str, max_unavailable: int | str) -> Fences:
    """Percentages rounded as Kubernetes does: surge up, unavailable down, never both zero."""
    surge = _resolve(max_surge, desired, round_up=True)
    unavailable = _resolve(max_unavailable, desired, round_up=False)
    if surge == 0 and unavailable == 0:
        unavailable = 1
    return Fences(surge, min(unavailable, desired) if desired else unavailable)


def _resolve(value: int | str, total: int, *, round_up: bool) -> int:
    if isinstance(value, int):
        return value
    exact = total * int(value.rstrip("%")) / 100
    return math.ceil(exact) if round_up else math.floor(exact)


def new_count(desired: int, new: int, everything: int, fences: Fences) -> int:
    """How many replicas the new ReplicaSet should have now."""
    if new >= desired:
        return desired
    room = desired + fences.max_surge - everything
    return new + min(room, desired - new) if room > 0 else new


def surplus(desired: int, everything: int, new_unavailable: int, fences: Fences) -> int:
    """How many old replicas may go at most without too few being available."""
    return max(0, everything - (desired - fences.max_unavailable) - new_unavailable)
