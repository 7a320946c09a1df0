"""What Salesforce answers to a log-in and to a call, classified (OAuth error and description; REST errorCode)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LoginFlow(StrEnum):
    """The OAuth flows that a target may log in by; the middleware's own is the one to test."""

    PASSWORD = "password"  # noqa: S105  (a flow's name, not a secret)
    JWT_BEARER = "jwt-bearer"
    CLIENT_CREDENTIALS = "client-credentials"


class TokenVerdict(StrEnum):
    """The value is the tail of the finding code: `token.<value>`."""

    OK = "ok"
    EMPTY = "empty"
    AUTHENTICATION_FAILURE = "authentication-failure"
    RATE_EXCEEDED = "rate-exceeded"
    INVALID_CLIENT = "invalid-client"
    INVALID_CLIENT_ID = "invalid-client-id"
    UNSUPPORTED_GRANT = "unsupported-grant"
    NOT_APPROVED = "not-approved"
    IP_RESTRICTED = "ip-restricted"
    INACTIVE_USER = "inactive-user"
    INACTIVE_ORG = "inactive-org"
    WRONG_DOMAIN = "wrong-domain"
    EXPIRED_TOKEN = "expired-token"  # noqa: S105  (a verdict, not a secret)
    FLOW_SETUP = "flow-setup"
    OTHER = "other"
    UNREADABLE = "unreadable"
    UNREACHABLE = "unreachable"
    HELD_BACK = "held-back"
    """Our own limiter said no: asking again could lock the account."""


class CallVerdict(StrEnum):
    """The value is the tail of the finding code: `api.<value>`."""

    OK = "ok"
    EXPIRED_PASSWORD = "expired-password"  # noqa: S105
    INVALID_AUTH_HEADER = "invalid-auth-header"
    INVALID_SESSION = "invalid-session"
    REQUEST_LIMIT = "request-limit"
    API_DISABLED = "api-disabled"
    OTHER = "other"
    UNREADABLE = "unreadable"
    UNREACHABLE = "unreachable"
    NOT_ASKED = "not-asked"
    """There was no token to ask with."""


class AccessToken:
    """Carries a token without ever showing it: `repr` and `str` are masked."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The token itself, for the Authorization header only."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "AccessToken(***)"


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """One log-in. `error` and `description` are Salesforce's own words, redacted by the adapter."""

    verdict: TokenVerdict
    status: int = 0
    error: str = ""
    description: str = ""
    host: str = ""
    instance_url: str = ""
    token: AccessToken | None = None
    seconds: float = 0.0
    asked_seconds_ago: float = 0.0
    """Above zero when the limiter answered from memory."""
    retry_after_seconds: float = 0.0
    flow: LoginFlow = LoginFlow.PASSWORD


@dataclass(frozen=True, slots=True)
class CallAnswer:
    """One REST call made with the token of a log-in."""

    verdict: CallVerdict
    status: int = 0
    error_code: str = ""
    message: str = ""
    requests_left: int | None = None
    requests_max: int | None = None
    seconds: float = 0.0
