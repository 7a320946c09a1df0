"""What do the traces say: which operations of the middleware fail, how often, and how much may we still ask?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.checks.registry import check
from bot.domain.datadog import Datadog, SpanCounts, SpanSample
from bot.domain.errors import Unreachable
from bot.domain.finding import Finding, Outcome
from bot.domain.redaction import Redactor
from bot.domain.target import Target
from bot.domain.trace_verdict import TraceReading, TraceVerdict, judge_traces
from bot.ports.estate import Estate

_LONGEST_WORDS = 200
_MOST_WORDS = 3
_OUTCOMES = {TraceVerdict.OK: Outcome.OK, TraceVerdict.QUIET: Outcome.UNKNOWN}
"""Errors in traces are symptoms: degraded, so that the check which finds the cause stands first."""


def _is_configured(target: Target, estate: Estate) -> bool:
    return target.datadog is not None and estate.traces is not None


@check(
    "datadog",
    component="datadog",
    codes=tuple(f"datadog.{verdict}" for verdict in TraceVerdict),
    applies=_is_configured,
)
async def datadog(target: Target, estate: Estate) -> Finding:
    """Counts the spans of log-ins, chats and long polls by status, in one aggregate question."""
    expected, traces = target.datadog, estate.traces
    if expected is None or traces is None:
        raise Unreachable("no Datadog is configured")
    counts = await traces.counts(expected.every_span)
    failed = await traces.samples(expected.failed_spans, expected.sampled_spans) if counts.failed else ()
    reading = judge_traces(expected, counts, failed)
    age = f", asked {counts.asked_seconds_ago:.0f} s ago" if counts.asked_seconds_ago else ""
    said = _words(failed)
    lines = [*_by_operation(expected, counts), *said[:1], f"{traces.budget()}{age}", *said[1:]]
    return Finding(
        check="datadog",
        component="datadog",
        outcome=_OUTCOMES.get(reading.verdict, Outcome.DEGRADED),
        code=f"datadog.{reading.verdict}",
        summary=f"Datadog: {_summary(expected, counts, reading)}",
        evidence=tuple(lines),
    )


def _summary(expected: Datadog, counts: SpanCounts, reading: TraceReading) -> str:
    window = f"in the last {expected.window_seconds / 60:g} min"
    about = ", ".join(reading.operations)
    match reading.verdict:
        case TraceVerdict.QUIET:
            return f"no span of {expected.service} {window}: no traffic, or it does not trace"
        case TraceVerdict.TOKEN_ERRORS:
            return f"log-ins to Salesforce fail {window} ({about})"
        case TraceVerdict.EXPIRED_PASSWORD:
            return f"calls are refused for an expired password {window} ({about})"
        case TraceVerdict.AUTH_HEADER:
            return f"calls carry no valid bearer token {window} ({about})"
        case TraceVerdict.ERRORS:
            return f"requests fail {window} ({about})"
        case TraceVerdict.OK:
            return f"{counts.total} spans {window}, {counts.failed} of them failed"


def _by_operation(expected: Datadog, counts: SpanCounts) -> Iterator[str]:
    """A line for each operation that fails, the others in one."""
    well = []
    for operation in expected.operations:
        one = counts.of((operation,))
        if not one.failed:
            well += [f"{operation} {one.total}"] if one.total else []
            continue
        bad = [f"{row.http_status or 'no status'}: {row.spans}" for row in one.rows if row.failed]
        judged = "; the check long-poll judges them" if operation in expected.poll_operations else ""
        slowest = max(row.longest_seconds for row in one.rows)
        yield (
            f"{operation}: {one.failed} of {one.total} spans failed ({', '.join(bad)}{judged}),"
            f" slowest {slowest:.1f} s"
        )
    if well:
        yield f"spans without a failure: {', '.join(well)}"


def _words(failed: Sequence[SpanSample]) -> list[str]:
    """What the errors say, each once, the newest first."""
    redactor = Redactor()
    said = dict.fromkeys(redactor.text(sample.words)[:_LONGEST_WORDS] for sample in failed if sample.words)
    return list(said)[:_MOST_WORDS]
