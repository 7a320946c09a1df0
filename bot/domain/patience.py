"""Waiting for a condition of the outer world with a deadline and a bounded pace."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.domain.errors import RateLimited, Unreachable

T = TypeVar("T")


async def until(
    ask: Callable[[], Awaitable[T | None]],
    *,
    seconds: float,
    monotonic: Callable[[], float],
    sleep: Callable[[float], Awaitable[None]],
    pace_seconds: float = 0.5,
) -> T | None:
    """Asks until the answer is not None, at most `seconds`; None when the time is over.

    A peer that cannot be asked right now is asked again; when it stays so the last error is raised.
    """
    end = monotonic() + seconds
    while True:
        problem: Unreachable | RateLimited | None = None
        try:
            answer = await ask()
            if answer is not None:
                return answer
        except (Unreachable, RateLimited) as error:
            problem = error
        if monotonic() >= end:
            if problem is not None:
                raise problem
            return None
        await sleep(min(pace_seconds, max(0.05, end - monotonic())))
