"""What the middleware's recent log says about reading from Kafka: `[reading_err:…][topic:…]`."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.errors import SfintError
from bot.domain.target import Target
from bot.ports.estate import Estate
from bot.readings.middleware_log import read_middleware_log

_LINE = re.compile(
    r"\[\s*reading_err\s*:\s*(?P<what>.{0,400}?)\s*\]\s*\[\s*topic\s*:\s*(?P<topic>[^\]]{0,249})\]", re.IGNORECASE
)
_NOTHING_CAME = re.compile(r"^(?:local:\s*)?timed out$", re.IGNORECASE)
"""A read that waited in vain: no message is no error."""


_PASSING = re.compile(
    r"^\s*(?:sasl_|ssl|plaintext)\S*/(?:bootstrap|\d+): | \(after \d+ms in state [^)]*\)", re.IGNORECASE
)
"""What librdkafka adds of the broker and the moment: without it, equal errors are equal."""


@dataclass(frozen=True, slots=True)
class StreamErrors:
    """How often each error stands in the log of the last `window_seconds`; `problem` where it cannot be read.

    `gap` says what of it was not read: the counts are the least then.
    """

    counts: tuple[tuple[str, int], ...] = ()
    window_seconds: int = 0
    problem: str = ""
    gap: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """A line of evidence an error, the most frequent first."""
        span = f"in the last {self.window_seconds} s"
        least = "at least " if self.gap else ""
        found = tuple(f"middleware log: {least}{count} x {what} {span}" for what, count in self.counts[:3])
        return found or ((f"the middleware's log could not be read: {self.problem}",) if self.problem else ())


def counted(lines: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Error and topic, with how often they occur."""
    found: Counter[str] = Counter()
    for line in lines:
        match = _LINE.search(line)
        if match and not _NOTHING_CAME.match(match["what"].strip()):
            what = _PASSING.sub("", match["what"]).strip()
            found[f"reading_err on {match['topic'].strip()}: {what}"] += 1
    return tuple(found.most_common())


async def read_stream_errors(target: Target, estate: Estate, *, seconds: float) -> StreamErrors:
    """Never raises for a log that cannot be read, or not within `seconds`."""
    window = target.middleware.log_window_seconds
    try:
        async with asyncio.timeout(seconds):
            log = await read_middleware_log(target, estate, since_seconds=window)
    except TimeoutError:
        return StreamErrors(problem=f"no answer within {seconds:.1f} s")
    except SfintError as error:
        return StreamErrors(problem=str(error))
    return StreamErrors(counted(log.lines), window, gap=log.gap)
