"""Messages over time: the windows that are compared, and whether a topic carries its regular load."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from bot.domain.finding import Outcome
from bot.domain.judged import Judged
from bot.domain.kafka import RegularLoad


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` (inclusive) to `end`, aware times."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.end - self.start).total_seconds()


@dataclass(frozen=True, slots=True)
class Measured:
    """Messages counted, and of how many seconds the figure is known: the source may know less than was asked."""

    messages: int
    seconds: float

    @property
    def per_second(self) -> float:
        """The rate."""
        return self.messages / self.seconds


@dataclass(frozen=True, slots=True)
class TopicTraffic:
    """A figure for each window that was asked for, in that order; None where there is none, which is not 0."""

    topic: str
    figures: tuple[Measured | None, ...]
    source: str
    doubt: str = ""
    """Why a better source did not answer."""


def windows_until(now: datetime, load: RegularLoad) -> tuple[Window, ...]:
    """The one that ends now, then the earlier ones, latest first."""
    length, step = timedelta(seconds=load.window_seconds), timedelta(seconds=load.step_seconds)
    ends = (now - step * nth for nth in range(load.steps + 1))
    return tuple(Window(end - length, end) for end in ends)


def judge_traffic(seen: TopicTraffic, load: RegularLoad) -> Judged:
    """`seen` holds the window that ends now, then the earlier ones."""
    now, *earlier = seen.figures
    known = [figure.per_second for figure in earlier if figure is not None]
    if now is None:
        return Judged(Outcome.UNKNOWN, "kafka.traffic-unknown", f"{seen.topic}: no figure for now ({seen.source})")
    words = f"{seen.topic}: {now.messages} messages in {_span(now.seconds)}"
    if len(known) < load.minimum_windows:
        return _without_history(now, words, len(known), load)
    usual = median(known) * now.seconds
    words = f"{words}, usually {usual:.0f} ({len(known)} earlier windows, {seen.source})"
    if median(known) * load.window_seconds < load.minimum_messages:
        return Judged(Outcome.OK, "kafka-traffic.ok", f"{words}: too few to judge")
    if now.messages == 0:
        return Judged(Outcome.FAILING, "kafka.traffic-stopped", words)
    if now.messages < usual * load.quiet_ratio:
        share = f"{now.messages / usual:.0%} of the regular load"
        return Judged(Outcome.DEGRADED, "kafka.traffic-quiet", f"{words}: {share}")
    return Judged(Outcome.OK, "kafka-traffic.ok", words)


def _without_history(now: Measured, words: str, known: int, load: RegularLoad) -> Judged:
    """Messages that flow need no comparison; silence does."""
    line = f"{words}; not enough history to compare: {known} of {load.steps} earlier windows have a figure"
    if now.messages:
        return Judged(Outcome.OK, "kafka-traffic.ok", line)
    return Judged(Outcome.UNKNOWN, "kafka.traffic-no-history", f"{line}, {load.minimum_windows} are needed")


def _span(seconds: float) -> str:
    """`1 h`, `57 min` or `10 s`."""
    for unit, name in ((3_600, "h"), (60, "min")):
        if seconds >= unit and seconds % unit == 0:
            return f"{seconds / unit:g} {name}"
    return f"{seconds:g} s"
