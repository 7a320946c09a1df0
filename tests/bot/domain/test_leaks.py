"""What counts as a secret in a span's tags, and that only its kind is told."""

from __future__ import annotations

import pytest

from bot.domain.leaks import leaks

PAYLOAD = 'login.TokenPayload{ClientId:"3MVG9", ClientSecret:"0F1A2B", GrantType:"password", Username:"i@acme.example.com", Password:"pw1tok"}'  # noqa: E501
CHAT = 'manage.Interconnection{UserID:"5215500000000", SessionID:"a1b2c3", SessionKey:"k!1!x=", AffinityToken:"f00", Status:"ACTIVE", Email:"a@b.example.com"}'  # noqa: E501


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (PAYLOAD, {"a client secret", "a password"}),
        (CHAT, {"a session id", "a session key", "an affinity token", "personal data"}),
        ("map[Authorization:[Bearer 00D5g000001!AQ8AQ] Content-Type:[application/json]]", {"a bearer token"}),
        ('{"client_secret": "0F1A2B", "password":"pw"}', {"a client secret", "a password"}),
        ("grant_type=password&client_secret=0F1A2B&password=pw1", {"a client secret", "a password"}),
        (r"{\"access_token\":\"00D5g000001!AQ8AQ\"}", {"a token"}),
        ("map[phoneNumber:5215500000000]", {"personal data"}),
    ],
)
def test_secrets_are_found_in_every_syntax(text: str, kinds: set[str]) -> None:
    """Go structs, Go maps, JSON (once more quoted), forms, headers."""
    assert leaks({"payload": text}) == {"payload": frozenset(kinds)}


@pytest.mark.parametrize(
    "text",
    [
        "map[Authorization:[Bearer ] Content-Type:[application/json]]",
        "map[error:invalid_grant error_description:authentication failure]",
        "[map[errorCode:INVALID_AUTH_HEADER message:INVALID_HEADER_TYPE]]",
        '{Password:"***", ClientSecret:"[REDACTED]", SessionKey:""}',
        "grant_type=password&client_secret=****&token=null",
        "POST /services/oauth2/token",
        "Error call with status : 400",
        "",
    ],
)
def test_what_is_masked_empty_or_a_word_is_none(text: str) -> None:
    """An empty bearer is the failure itself, not a leak."""
    assert not leaks({"details": text})


def test_a_tag_may_be_secret_by_its_own_name() -> None:
    """A value with no field in it."""
    assert leaks({"session_key": "k!1!x=", "duration": "5"}) == {"session_key": frozenset({"a session key"})}
