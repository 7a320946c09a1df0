"""The OAuth and REST error matrix."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.salesforce import CallVerdict, TokenVerdict
from bot.domain.salesforce_answers import classify_call, classify_token

_JSON = "application/json;charset=UTF-8"


@pytest.mark.parametrize(
    ("error", "description", "verdict"),
    [
        ("invalid_grant", "authentication failure", TokenVerdict.AUTHENTICATION_FAILURE),
        ("invalid_grant", "", TokenVerdict.AUTHENTICATION_FAILURE),
        ("invalid_grant", "login rate exceeded", TokenVerdict.RATE_EXCEEDED),
        ("rate_limit_exceeded", "login rate exceeded", TokenVerdict.RATE_EXCEEDED),
        ("rate_limit_exceeded", "", TokenVerdict.RATE_EXCEEDED),
        ("invalid_grant", "expired access/refresh token", TokenVerdict.EXPIRED_TOKEN),
        ("invalid_grant", "user hasn't approved this consumer", TokenVerdict.NOT_APPROVED),
        ("invalid_grant", "request not supported on this domain", TokenVerdict.WRONG_DOMAIN),
        ("invalid_grant", "no client credentials user enabled", TokenVerdict.FLOW_SETUP),
        ("invalid_grant", "audience validation failed", TokenVerdict.FLOW_SETUP),
        ("invalid_grant", "invalid assertion", TokenVerdict.FLOW_SETUP),
        ("invalid_grant", "ip restricted", TokenVerdict.IP_RESTRICTED),
        ("invalid_grant", "inactive user", TokenVerdict.INACTIVE_USER),
        ("invalid_grant", "something new", TokenVerdict.OTHER),
        ("invalid_client", "invalid client credentials", TokenVerdict.INVALID_CLIENT),
        ("invalid_client_id", "client identifier invalid", TokenVerdict.INVALID_CLIENT_ID),
        ("invalid_client", "client identifier invalid", TokenVerdict.INVALID_CLIENT_ID),
        ("unsupported_grant_type", "grant type not supported", TokenVerdict.UNSUPPORTED_GRANT),
        ("inactive_user", "user is inactive", TokenVerdict.INACTIVE_USER),
        ("inactive_org", "organization is inactive", TokenVerdict.INACTIVE_ORG),
        ("invalid_app_access", "user is not admin approved", TokenVerdict.NOT_APPROVED),
        ("brand_new_error", "whatever", TokenVerdict.OTHER),
        ("INVALID_GRANT", " Authentication Failure ", TokenVerdict.AUTHENTICATION_FAILURE),
    ],
)
@pytest.mark.parametrize("status", [400, 401, 403])
def test_an_oauth_error_is_judged_by_error_and_description(
    status: int, error: str, description: str, verdict: TokenVerdict
) -> None:
    """On any 4xx, with Salesforce's own words kept."""
    body = json.dumps({"error": error, "error_description": description}).encode()

    reading = classify_token(status, _JSON, body)

    assert (reading.verdict, reading.error, reading.description) == (verdict, error, description)


def test_a_good_answer_brings_token_and_instance() -> None:
    """The token is never shown."""
    body = b'{"access_token": "00D!AQ", "instance_url": "https://acme.my.salesforce.com", "token_type": "Bearer"}'

    reading = classify_token(200, _JSON, body)

    assert (reading.verdict, reading.instance_url) == (TokenVerdict.OK, "https://acme.my.salesforce.com")
    assert reading.token is not None
    assert reading.token.reveal() == "00D!AQ"
    assert "00D!AQ" not in repr(reading)


@pytest.mark.parametrize("token", ['""', "null", '"  "'])
def test_a_200_without_a_token_is_empty(token: str) -> None:
    """What leads to the empty bearer; the empty token is kept, so that a call can show it."""
    reading = classify_token(200, _JSON, f'{{"access_token": {token}}}'.encode())

    assert reading.verdict is TokenVerdict.EMPTY
    assert reading.token is not None
    assert reading.token.reveal() == ""


@pytest.mark.parametrize(
    ("status", "content_type", "body", "evidence"),
    [
        (200, "text/html", b"<html>\n We are sorry", "HTTP 200, text/html, begins: <html> We are sorry"),
        (200, "", b"", "HTTP 200, no content type, an empty body"),
        (404, "text/html", b"<html>", "HTTP 404, text/html, begins: <html>"),
        (200, _JSON, b'{"half', f'HTTP 200, {_JSON}, begins: {{"half'),
        (200, _JSON, b"[]", f"HTTP 200, {_JSON}, begins: []"),
        (200, _JSON, b"{}", f"HTTP 200, {_JSON}, begins: {{}}"),
        (400, _JSON, b'{"error": 7}', f'HTTP 400, {_JSON}, begins: {{"error": 7}}'),
    ],
)
def test_what_is_no_token_answer_is_unreadable(status: int, content_type: str, body: bytes, evidence: str) -> None:
    """With status, content type and the beginning of the body as evidence."""
    reading = classify_token(status, content_type, body)

    assert (reading.verdict, reading.description) == (TokenVerdict.UNREADABLE, evidence)


def test_a_5xx_judged_nobody() -> None:
    """Salesforce is down: that says nothing about the credentials."""
    assert classify_token(503, "text/html", b"<html>").verdict is TokenVerdict.UNREACHABLE


def test_a_redirect_means_a_wrong_address() -> None:
    """http:// instead of https://, or another host; never followed with credentials in hand."""
    reading = classify_token(301, "text/html", b"")

    assert reading.verdict is TokenVerdict.UNSUPPORTED_GRANT
    assert "http://" in reading.description


@pytest.mark.parametrize(
    ("status", "code", "verdict"),
    [
        (401, "INVALID_SESSION_ID", CallVerdict.INVALID_SESSION),
        (401, "INVALID_AUTH_HEADER", CallVerdict.INVALID_AUTH_HEADER),
        (401, "INVALID_OPERATION_WITH_EXPIRED_PASSWORD", CallVerdict.EXPIRED_PASSWORD),
        (403, "INVALID_OPERATION_WITH_EXPIRED_PASSWORD", CallVerdict.EXPIRED_PASSWORD),
        (403, "REQUEST_LIMIT_EXCEEDED", CallVerdict.REQUEST_LIMIT),
        (403, "API_DISABLED_FOR_ORG", CallVerdict.API_DISABLED),
        (403, "API_CURRENTLY_DISABLED", CallVerdict.API_DISABLED),
        (400, "MALFORMED_QUERY", CallVerdict.OTHER),
        (404, "NOT_FOUND", CallVerdict.OTHER),
    ],
)
def test_a_rest_error_is_judged_by_its_code(status: int, code: str, verdict: CallVerdict) -> None:
    """The same code came with different statuses over the releases."""
    body = json.dumps([{"message": "words", "errorCode": code}]).encode()

    reading = classify_call(status, _JSON, body)

    assert (reading.verdict, reading.error_code, reading.message) == (verdict, code, "words")


def test_the_limits_come_from_the_body_and_else_from_the_header() -> None:
    """`DailyApiRequests` or Sforce-Limit-Info."""
    body = b'{"DailyApiRequests": {"Max": 15000, "Remaining": 14998}}'

    told = classify_call(200, _JSON, body)
    hinted = classify_call(200, _JSON, b"{}", "api-usage=25/5000; per-app-api-usage=17/250(appName=x)")

    assert (told.requests_left, told.requests_max) == (14998, 15000)
    assert (hinted.requests_left, hinted.requests_max) == (4975, 5000)


def test_a_plain_text_bad_oauth_token_is_an_invalid_session() -> None:
    """The identity endpoints answer so."""
    assert classify_call(403, "text/plain", b"Bad_OAuth_Token").verdict is CallVerdict.INVALID_SESSION


@pytest.mark.parametrize(("status", "verdict"), [(200, CallVerdict.UNREADABLE), (502, CallVerdict.UNREACHABLE)])
def test_html_is_never_taken_for_an_answer(status: int, verdict: CallVerdict) -> None:
    """A proxy's or a maintenance page."""
    assert classify_call(status, "text/html", b"<html>").verdict is verdict


_documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["error", "access_token", "errorCode", "DailyApiRequests"]), inner)
    ),
    max_leaves=6,
)


@given(st.integers(100, 599), st.binary(max_size=40) | _documents.map(lambda one: json.dumps(one).encode()))
def test_no_answer_breaks_the_reading(status: int, body: bytes) -> None:
    """Whatever comes back there is a verdict, and OK needs a token."""
    token, call = classify_token(status, "x", body), classify_call(status, "x", body, "api-usage=x")

    assert token.verdict is not TokenVerdict.OK or token.token
    assert call.verdict in CallVerdict
