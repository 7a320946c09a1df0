"""The newest lines of one log within a bound: Kubernetes' own limits would leave out exactly those.

It takes the last `tailLines` of a log, and of these the first `limitBytes`: where the lines are long, what was
written last is missing (reference: the `log` subresource of a pod; kubelet's ReadLogs).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

_TRIES = 3
_SHARE = 0.75
"""Of the lines that had room: the newest may be longer than those before."""


@dataclass(frozen=True, slots=True)
class LogText:
    """What was read of one log."""

    text: str = ""
    is_cut: bool = False
    """True where older lines were asked for and not read."""
    lacks_newest: bool = False
    """True where even fewer lines had no room: the newest are not in it."""


async def newest_lines(ask: Callable[[int], Awaitable[str]], *, tail_lines: int, limit_bytes: int) -> LogText:
    """`ask` reads so many lines at the end, and no more than `limit_bytes`. Raises what it raises."""
    wanted, text = tail_lines, ""
    for _ in range(_TRIES):
        text = await ask(wanted)
        lines = text.count("\n") + bool(text and not text.endswith("\n"))
        if len(text.encode()) < limit_bytes:
            return LogText(text, is_cut=lines >= tail_lines or wanted < tail_lines)
        wanted = max(1, int(lines * _SHARE))
    return LogText(text, is_cut=True, lacks_newest=True)
