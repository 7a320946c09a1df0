"""What a target looks for in its traces, and what was seen there: counts, samples, the requests that are left."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Datadog:
    """Which spans are a target's. Operations are listed in every spelling seen: the runbook has one of its own."""

    service: str = "salesforce-integration"
    env: str = ""
    """Empty: whatever the environment."""
    token_operations: tuple[str, ...] = ("get_token",)
    poll_operations: tuple[str, ...] = (
        "interconnection.handleLongPolling",
        "interconnection.longPolling",
        "interconection.longPolling",
    )
    chat_operations: tuple[str, ...] = ("http.request",)
    session_facet: str = "@userID"
    """The span attribute that tells one chat from another."""
    window_seconds: int = 900
    minimum_spans: int = 10
    """Fewer spans of an operation say nothing about its share of errors; a refused token needs no minimum."""
    error_share: float = 0.2
    """From this share of errors on, an operation is reported."""
    sampled_spans: int = 25
    """How many spans are read in full, to tell what the errors say and whether secrets stand in them."""

    @property
    def operations(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.token_operations, *self.poll_operations, *self.chat_operations)

    @property
    def every_span(self) -> SpanQuestion:
        """Spans of all operations in the window."""
        return SpanQuestion(self.operations, self.window_seconds)

    @property
    def failed_spans(self) -> SpanQuestion:
        """Those marked as errors."""
        return SpanQuestion(self.operations, self.window_seconds, only_errors=True)

    @property
    def token_spans(self) -> SpanQuestion:
        """Those of log-ins, failed or not."""
        return SpanQuestion(self.token_operations, self.window_seconds)


@dataclass(frozen=True, slots=True)
class SpanQuestion:
    """Which spans of the target's service are meant; what is left empty does not restrict."""

    operations: tuple[str, ...]
    window_seconds: int
    http_statuses: tuple[int, ...] = ()
    longer_than_seconds: float = 0.0
    only_errors: bool = False
    """Spans marked as errors. Datadog's mark misses a 503 and a 204 of the long poll: ask by status for those."""


@dataclass(frozen=True, slots=True)
class SpanCount:
    """Spans of one operation, HTTP status (None where the span has none) and mark; durations in seconds."""

    operation: str
    http_status: int | None
    is_error: bool
    spans: int
    longest_seconds: float = 0.0

    @property
    def failed(self) -> bool:
        """Marked as an error, or answered with one."""
        return self.is_error or (self.http_status or 0) >= 400


@dataclass(frozen=True, slots=True)
class SpanCounts:
    """The answer to a question; above 0 in `asked_seconds_ago` where it was remembered."""

    rows: tuple[SpanCount, ...]
    asked_seconds_ago: float = 0.0

    @property
    def total(self) -> int:
        """All spans."""
        return sum(row.spans for row in self.rows)

    @property
    def failed(self) -> int:
        """Spans that failed."""
        return sum(row.spans for row in self.rows if row.failed)

    @property
    def by_status(self) -> Mapping[int, int]:
        """HTTP status -> spans; those without a status are left out."""
        counted: dict[int, int] = {}
        for row in self.rows:
            if row.http_status is not None:
                counted[row.http_status] = counted.get(row.http_status, 0) + row.spans
        return counted

    def of(self, operations: Collection[str]) -> SpanCounts:
        """Only these operations."""
        return SpanCounts(tuple(row for row in self.rows if row.operation in operations), self.asked_seconds_ago)


@dataclass(frozen=True, slots=True)
class Distinct:
    """How many different values an attribute has: in all, and among the spans of each HTTP status."""

    total: int
    by_status: Mapping[int, int]
    asked_seconds_ago: float = 0.0


@dataclass(frozen=True, slots=True)
class SpanSample:
    """One span in full. `tags` are its attributes, flattened with dots: they may hold secrets, never show them."""

    operation: str
    resource: str
    http_status: int | None
    is_error: bool
    seconds: float
    tags: Mapping[str, str] = field(repr=False)

    @property
    def words(self) -> str:
        """What the span says about its error: its details, else its message; not redacted."""
        keys = ("error.details", "details", "error.message", "error.msg", "error")
        return next((self.tags[key] for key in keys if self.tags.get(key)), "")


@dataclass(frozen=True, slots=True)
class RequestBudget:
    """Requests of the running hour. `left` is what we may still spend: the reserve is for people."""

    per_hour: int
    left: int
    reserve: int
    renewed_in_seconds: float
    """When one more may be spent, if none is left now."""

    def __str__(self) -> str:
        return f"{self.left} of {self.per_hour - self.reserve} requests are left in this hour"
