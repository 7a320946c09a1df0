"""Which failure of the runbook a target's error counts look like."""

from __future__ import annotations

import pytest

from bot.domain.datadog import Datadog, SpanCount, SpanCounts, SpanSample
from bot.domain.trace_verdict import TraceVerdict, judge_traces

EXPECTED = Datadog()
CHAT, POLL = "http.request", EXPECTED.poll_operations[2]


def counted(**spans: int) -> SpanCounts:
    """`token_400=2` is two spans of get_token with 400; a 5xx or 4xx is marked as an error."""
    names = {"token": "get_token", "chat": CHAT, "poll": POLL}
    rows = []
    for key, number in spans.items():
        name, _, status = key.partition("_")
        rows.append(SpanCount(names[name], int(status), int(status) >= 400, number))
    return SpanCounts(tuple(rows))


def said(words: str, operation: str = CHAT) -> SpanSample:
    """A failed span with these details."""
    return SpanSample(operation, "", 500, True, 0.1, {"error.details": words})


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        (counted(), TraceVerdict.QUIET),
        (counted(token_200=3, chat_200=40, poll_204=500), TraceVerdict.OK),
        (counted(token_400=1, token_200=30, chat_200=40), TraceVerdict.TOKEN_ERRORS),
        (counted(chat_500=9), TraceVerdict.OK),  # fewer than the minimum
        (counted(chat_500=10), TraceVerdict.ERRORS),
        (counted(chat_500=8, chat_200=32), TraceVerdict.ERRORS),
        (counted(chat_500=7, chat_200=33), TraceVerdict.OK),  # below the share
        (counted(poll_403=400, poll_503=90), TraceVerdict.OK),  # the long poll's own check judges those
    ],
)
def test_counts_are_judged(counts: SpanCounts, verdict: TraceVerdict) -> None:
    """One refused log-in is enough; requests by minimum and share."""
    assert judge_traces(EXPECTED, counts, ()).verdict is verdict


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        (
            "status-[401] : [map[errorCode:INVALID_AUTH_HEADER message:X]]",
            TraceVerdict.AUTH_HEADER,
        ),
        ("[map[errorCode:INVALID_OPERATION_WITH_EXPIRED_PASSWORD]]", TraceVerdict.EXPIRED_PASSWORD),
        ("could not create chat in salesforce: this contact is blocked", TraceVerdict.OK),
        ("could not create chat in salesforce : This contact is blocked", TraceVerdict.OK),
        ("could not store interconnection in redis", TraceVerdict.ERRORS),
    ],
)
def test_what_the_errors_say_names_the_failure(words: str, verdict: TraceVerdict) -> None:
    """A blocked contact is none: the middleware does what the CRM says."""
    assert judge_traces(EXPECTED, counted(chat_500=20), [said(words)]).verdict is verdict


def test_one_blocked_contact_among_other_errors_hides_nothing() -> None:
    """Only when all that was read says so."""
    read = [said("this contact is blocked"), said("EOF")]

    assert judge_traces(EXPECTED, counted(chat_500=20), read).verdict is TraceVerdict.ERRORS


def test_a_refused_log_in_comes_before_the_empty_bearer_that_it_causes() -> None:
    """The cause first."""
    reading = judge_traces(EXPECTED, counted(token_400=3, chat_500=20), [said("INVALID_AUTH_HEADER")])

    assert (reading.verdict, reading.operations) == (TraceVerdict.TOKEN_ERRORS, ("get_token",))
