"""Classifies what Salesforce answers: OAuth by error AND description, REST by errorCode, never by status alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus

from bot.domain.salesforce import AccessToken, CallVerdict, TokenVerdict

_EXCERPT_CHARACTERS = 120

# An empty description matches any; the first line that fits wins, so the narrow ones stand before the wide ones.
_TOKEN_RULES: tuple[tuple[str, str, TokenVerdict], ...] = (
    # Newer documents call the login limit invalid_grant, older ones gave it an error of its own.
    ("rate_limit_exceeded", "", TokenVerdict.RATE_EXCEEDED),
    ("", "login rate exceeded", TokenVerdict.RATE_EXCEEDED),
    # Some clients saw `invalid_client` with the description of the wrong id: the description is the narrower.
    ("", "client identifier invalid", TokenVerdict.INVALID_CLIENT_ID),
    ("invalid_client_id", "", TokenVerdict.INVALID_CLIENT_ID),
    ("invalid_client", "", TokenVerdict.INVALID_CLIENT),
    ("unsupported_grant_type", "", TokenVerdict.UNSUPPORTED_GRANT),
    ("inactive_user", "", TokenVerdict.INACTIVE_USER),
    ("inactive_org", "", TokenVerdict.INACTIVE_ORG),
    ("invalid_app_access", "", TokenVerdict.NOT_APPROVED),
    ("invalid_grant", "approved this consumer", TokenVerdict.NOT_APPROVED),
    ("invalid_grant", "not supported on this domain", TokenVerdict.WRONG_DOMAIN),
    ("invalid_grant", "expired access/refresh token", TokenVerdict.EXPIRED_TOKEN),
    ("invalid_grant", "ip restricted", TokenVerdict.IP_RESTRICTED),
    ("invalid_grant", "inactive user", TokenVerdict.INACTIVE_USER),
    ("invalid_grant", "user is inactive", TokenVerdict.INACTIVE_USER),
    ("invalid_grant", "inactive org", TokenVerdict.INACTIVE_ORG),
    ("invalid_grant", "client credentials", TokenVerdict.FLOW_SETUP),
    # `audience validation failed` and `audience is invalid` were both seen.
    ("invalid_grant", "audience", TokenVerdict.FLOW_SETUP),
    ("invalid_grant", "assertion", TokenVerdict.FLOW_SETUP),
    ("invalid_grant", "authentication failure", TokenVerdict.AUTHENTICATION_FAILURE),
)

_CALL_RULES = {
    # Matched by the code: its status was 403 in older releases and is 401 in recent ones.
    "INVALID_OPERATION_WITH_EXPIRED_PASSWORD": CallVerdict.EXPIRED_PASSWORD,
    "INVALID_AUTH_HEADER": CallVerdict.INVALID_AUTH_HEADER,
    "INVALID_HEADER_TYPE": CallVerdict.INVALID_AUTH_HEADER,
    "INVALID_SESSION_ID": CallVerdict.INVALID_SESSION,
    "REQUEST_LIMIT_EXCEEDED": CallVerdict.REQUEST_LIMIT,
    "API_DISABLED_FOR_ORG": CallVerdict.API_DISABLED,
    "API_CURRENTLY_DISABLED": CallVerdict.API_DISABLED,
}


@dataclass(frozen=True, slots=True)
class TokenReading:
    """A token answer read. `error` and `description` are Salesforce's own words, not redacted yet."""

    verdict: TokenVerdict
    error: str = ""
    description: str = ""
    instance_url: str = ""
    token: AccessToken | None = None


@dataclass(frozen=True, slots=True)
class CallReading:
    """A REST answer read."""

    verdict: CallVerdict
    error_code: str = ""
    message: str = ""
    requests_left: int | None = None
    requests_max: int | None = None


def classify_token(status: int, content_type: str, body: bytes) -> TokenReading:
    """Reads the answer of `/services/oauth2/token`. A 5xx counts as not asked: nobody judged the credentials."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return TokenReading(TokenVerdict.UNREACHABLE, f"HTTP {status}", _evidence(status, content_type, body))
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return TokenReading(
            TokenVerdict.UNSUPPORTED_GRANT,
            "redirect",
            f"the login host answered {status}: an http:// address or a wrong host (redirects are not followed)",
        )
    document = _json(body)
    if not isinstance(document, dict):
        return TokenReading(TokenVerdict.UNREADABLE, "", _evidence(status, content_type, body))
    error, description = _text(document, "error"), _text(document, "error_description")
    if error:
        return TokenReading(_token_verdict(error, description), error, description)
    if status != HTTPStatus.OK or "access_token" not in document:
        return TokenReading(TokenVerdict.UNREADABLE, "", _evidence(status, content_type, body))
    token = _text(document, "access_token").strip()
    verdict = TokenVerdict.OK if token else TokenVerdict.EMPTY
    return TokenReading(verdict, instance_url=_text(document, "instance_url"), token=AccessToken(token))


def classify_call(status: int, content_type: str, body: bytes, limit_info: str = "") -> CallReading:
    """Reads the answer of a REST call; `limit_info` is the header Sforce-Limit-Info (`api-usage=25/5000`)."""
    left, most = _usage(limit_info)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return CallReading(CallVerdict.UNREACHABLE, f"HTTP {status}", _evidence(status, content_type, body))
    document = _json(body)
    if isinstance(document, list) and document and isinstance(document[0], dict):
        verdict, code, message = _rest_error(document)
        return CallReading(verdict, code, message, left, most)
    if status == HTTPStatus.OK and isinstance(document, dict):
        daily = document.get("DailyApiRequests")
        if isinstance(daily, dict):
            left, most = _count(daily.get("Remaining"), left), _count(daily.get("Max"), most)
        return CallReading(CallVerdict.OK, requests_left=left, requests_max=most)
    if "Bad_OAuth_Token" in body[:200].decode("utf-8", "replace"):
        return CallReading(CallVerdict.INVALID_SESSION, "Bad_OAuth_Token", "", left, most)
    return CallReading(CallVerdict.UNREADABLE, "", _evidence(status, content_type, body), left, most)


def _token_verdict(error: str, description: str) -> TokenVerdict:
    """A bare invalid_grant means the vague failure; any other unknown pair is shown as it stands."""
    said, words = error.strip().lower(), description.strip().lower()
    for rule_error, rule_words, verdict in _TOKEN_RULES:
        if rule_error in ("", said) and rule_words in words:
            return verdict
    return TokenVerdict.AUTHENTICATION_FAILURE if said == "invalid_grant" and not words else TokenVerdict.OTHER


def _rest_error(errors: list[object]) -> tuple[CallVerdict, str, str]:
    """The first error that we know, else the first."""
    known = [one for one in errors if isinstance(one, dict)]
    chosen = next((one for one in known if _text(one, "errorCode") in _CALL_RULES), known[0])
    code = _text(chosen, "errorCode")
    return _CALL_RULES.get(code, CallVerdict.OTHER), code, _text(chosen, "message")


def _usage(header: str) -> tuple[int | None, int | None]:
    used, _, most = header.partition("api-usage=")[2].partition(";")[0].partition("/")
    if not (used.strip().isdigit() and most.strip().isdigit()):
        return None, None
    return max(0, int(most) - int(used)), int(most)


def _evidence(status: int, content_type: str, body: bytes) -> str:
    text = " ".join(body[: _EXCERPT_CHARACTERS * 4].decode("utf-8", "replace").split())[:_EXCERPT_CHARACTERS]
    return f"HTTP {status}, {content_type or 'no content type'}, {f'begins: {text}' if text else 'an empty body'}"


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _text(document: dict[str, object], key: str) -> str:
    value = document.get(key)
    return value if isinstance(value, str) else ""


def _count(value: object, otherwise: int | None) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise
