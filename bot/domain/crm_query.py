"""What Salesforce answers to a SOQL query, classified by errorCode first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.salesforce import TokenAnswer

Scalar = str | int | float | bool | None
Row = Mapping[str, Scalar]
"""Field -> value in Salesforce's spelling; a parent's field by its dotted name (`Group.Name`)."""


class QueryVerdict(StrEnum):
    """One word for the answer; everything but OK means "cannot tell", never "there is none"."""

    OK = "ok"
    INVALID_FIELD = "invalid-field"
    """No such field, or no permission to see it: Salesforce does not tell which."""
    INVALID_TYPE = "invalid-type"
    """No such object, or no permission to see it."""
    MALFORMED = "malformed"
    NO_PERMISSION = "no-permission"
    REQUEST_LIMIT = "request-limit"
    API_DISABLED = "api-disabled"
    EXPIRED_PASSWORD = "expired-password"  # noqa: S105  (a verdict, not a secret)
    INVALID_AUTH_HEADER = "invalid-auth-header"
    INVALID_SESSION = "invalid-session"
    """Also with a fresh token."""
    TIMED_OUT = "timed-out"
    """Salesforce gave the query up (QUERY_TIMEOUT)."""
    OTHER = "other"
    UNREADABLE = "unreadable"
    UNREACHABLE = "unreachable"
    NOT_ASKED = "not-asked"
    """There was no token to ask with; `token` says why."""


@dataclass(frozen=True, slots=True)
class QueryAnswer:
    """One query, all its pages. `message` is Salesforce's own words on one line, redacted by the adapter."""

    verdict: QueryVerdict
    rows: tuple[Row, ...] = ()
    total: int = 0
    """How many rows there are, also those that were not fetched."""
    is_complete: bool = False
    """False where not every page was read: more than the bound, or a page failed."""
    blamed: str = ""
    """The field of INVALID_FIELD, the object of INVALID_TYPE; empty where the answer does not name it."""
    status: int = 0
    error_code: str = ""
    message: str = ""
    seconds: float = 0.0
    token: TokenAnswer | None = None
    """The log-in by which it was asked."""

    @property
    def is_ok(self) -> bool:
        """True when the rows are an answer."""
        return self.verdict is QueryVerdict.OK

    @property
    def is_whole(self) -> bool:
        """True when there are no other rows: only then does what is missing from them not exist."""
        return self.is_ok and self.is_complete
