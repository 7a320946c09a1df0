"""Asking Datadog about a target's spans: aggregates first, since every question is one of few in an hour."""

from __future__ import annotations

from typing import Protocol

from bot.domain.datadog import Distinct, RequestBudget, SpanCounts, SpanQuestion, SpanSample


class Traces(Protocol):
    """Restricted to the target's service and environment.

    Answers are remembered for a while, and longer when the hour's requests are spent. Methods raise Unreachable,
    AccessDenied, BadAnswer, and RateLimited where nothing is remembered and nothing may be asked.
    """

    async def counts(self, question: SpanQuestion) -> SpanCounts:
        """Spans by operation, HTTP status and error mark, with their durations; one request."""

    async def distinct(self, question: SpanQuestion, facet: str) -> Distinct:
        """How many values `facet` (such as `@userID`) has, in all and by HTTP status; one request."""

    async def samples(self, question: SpanQuestion, limit: int) -> tuple[SpanSample, ...]:
        """The newest spans in full, secrets included: for judging, never for showing; one request."""

    async def validate(self) -> None:
        """Asks whether the API key is one; not counted among the requests of the hour."""

    def budget(self) -> RequestBudget:
        """What may still be asked in this hour, over all targets that share the keys."""
