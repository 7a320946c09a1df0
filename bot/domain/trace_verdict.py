"""Judges error counts of a target's spans: which operation fails, and what failure that looks like."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.datadog import Datadog, SpanCounts, SpanSample


class TraceVerdict(StrEnum):
    """What the traces show; which check finds the cause is another matter."""

    OK = "ok"
    TOKEN_ERRORS = "token-errors"  # noqa: S105  (a verdict, not a secret)
    EXPIRED_PASSWORD = "expired-password-errors"  # noqa: S105
    AUTH_HEADER = "auth-header-errors"
    ERRORS = "errors"
    QUIET = "quiet"


_WORDS = (
    (TraceVerdict.EXPIRED_PASSWORD, "INVALID_OPERATION_WITH_EXPIRED_PASSWORD"),
    (TraceVerdict.AUTH_HEADER, "INVALID_AUTH_HEADER"),
)
_NO_FAILURE = "contact is blocked"
"""The middleware answers 500 for a contact whom the CRM blocks: the failure of one user, by intent."""


@dataclass(frozen=True, slots=True)
class TraceReading:
    """The verdict, and the operations that it is about."""

    verdict: TraceVerdict
    operations: tuple[str, ...] = ()


def judge_traces(expected: Datadog, counts: SpanCounts, failed: Sequence[SpanSample]) -> TraceReading:
    """One refused log-in counts; other operations by share. Long polls have a check of their own."""
    if not counts.total:
        return TraceReading(TraceVerdict.QUIET)
    refused = _failing(expected.token_operations, counts, minimum=1, share=0.0)
    chats = _failing(expected.chat_operations, counts, minimum=expected.minimum_spans, share=expected.error_share)
    if refused:  # then an empty bearer is only what follows
        return TraceReading(TraceVerdict.TOKEN_ERRORS, refused)
    samples = [sample for sample in failed if sample.operation in chats]
    for verdict, words in _WORDS:
        if any(words in sample.words for sample in samples):
            return TraceReading(verdict, chats)
    if chats and not (samples and all(_NO_FAILURE in sample.words.lower() for sample in samples)):
        return TraceReading(TraceVerdict.ERRORS, chats)
    return TraceReading(TraceVerdict.OK)


def _failing(operations: Collection[str], counts: SpanCounts, *, minimum: int, share: float) -> tuple[str, ...]:
    found = []
    for operation in operations:
        one = counts.of((operation,))
        if one.failed and one.total >= minimum and one.failed >= share * one.total:
            found.append(operation)
    return tuple(found)
