"""Lines of a log as Kubernetes stamps them: each with the moment at which it was taken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime


def stamped_lines(text: str) -> Iterator[tuple[datetime, str]]:
    """Moments are in UTC; nanoseconds are cut to what Python can hold."""
    for line in text.splitlines():
        stamp, _, rest = line.partition(" ")
        moment, _, fraction = stamp.removesuffix("Z").partition(".")
        try:
            yield datetime.fromisoformat(f"{moment}.{(fraction or '0')[:6]:0<6}+00:00"), rest
        except ValueError:
            continue  # the end of a line that was cut at the limit
