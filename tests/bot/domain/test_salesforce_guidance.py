"""What is advised after a refused log-in."""

from __future__ import annotations

import pytest

from bot.domain.salesforce import LoginFlow, TokenAnswer, TokenVerdict
from bot.domain.salesforce_answers import classify_token
from bot.domain.salesforce_guidance import guidance

ROWS = [
    ("invalid_grant", "authentication failure", LoginFlow.PASSWORD, "the flow may be disabled: orgs made since"),
    ("invalid_grant", "authentication failure", LoginFlow.JWT_BEARER, "the flow may be disabled"),
    ("unsupported_grant_type", "grant type not supported", LoginFlow.PASSWORD, "the flow may be disabled"),
    ("invalid_something", "new words", LoginFlow.CLIENT_CREDENTIALS, "the flow may be disabled"),
    ("invalid_grant", "user hasn't approved this consumer", LoginFlow.JWT_BEARER, "pre-authorise the app"),
    ("invalid_grant", "user hasn't approved this consumer", LoginFlow.PASSWORD, "pre-authorise the app"),
    ("invalid_grant", "request not supported on this domain", LoginFlow.CLIENT_CREDENTIALS, "my.salesforce.com"),
    ("invalid_grant", "no client credentials user enabled", LoginFlow.CLIENT_CREDENTIALS, "run-as user"),
    ("invalid_grant", "audience validation failed", LoginFlow.JWT_BEARER, "the audience must be"),
    ("invalid_grant", "audience is invalid", LoginFlow.JWT_BEARER, "the audience must be"),
    ("invalid_grant", "invalid assertion", LoginFlow.JWT_BEARER, "private key"),
    ("invalid_client", "invalid client credentials", LoginFlow.CLIENT_CREDENTIALS, ""),
    ("invalid_client_id", "client identifier invalid", LoginFlow.JWT_BEARER, ""),
]


@pytest.mark.parametrize(("error", "description", "flow", "advice"), ROWS)
def test_the_advice_fits_the_words_and_the_flow(
    error: str, description: str, flow: LoginFlow, advice: str
) -> None:
    """One line that fits on a card; nothing where the verdict says it all."""
    body = f'{{"error": "{error}", "error_description": "{description}"}}'.encode()
    reading = classify_token(400, "application/json", body)

    said = guidance(TokenAnswer(reading.verdict, 400, error, reading.description, flow=flow))

    assert said.startswith(advice) if advice.startswith("the") else advice in said
    assert bool(said) is bool(advice)
    assert len(said) <= 230


def test_a_good_log_in_needs_no_advice() -> None:
    """For any flow."""
    assert {guidance(TokenAnswer(TokenVerdict.OK, flow=flow)) for flow in LoginFlow} == {""}
