"""The two Salesforce checks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.checks.salesforce_api import salesforce_api
from bot.checks.salesforce_token import salesforce_token
from bot.domain.finding import Outcome
from bot.domain.salesforce import CallAnswer, CallVerdict, TokenAnswer, TokenVerdict
from tests.bot.checks.check_world import TARGET
from tests.fakes.estate import FakeCrm, fake_estate

_UNKNOWN_TOKENS = {TokenVerdict.UNREACHABLE, TokenVerdict.UNREADABLE, TokenVerdict.HELD_BACK}
_UNKNOWN_CALLS = {CallVerdict.UNREACHABLE, CallVerdict.UNREADABLE, CallVerdict.NOT_ASKED}


@pytest.mark.parametrize("verdict", list(TokenVerdict))
async def test_every_token_verdict_has_an_outcome_and_words(verdict: TokenVerdict) -> None:
    """What could not be asked is unknown, never failing."""
    crm = FakeCrm(tokens=[TokenAnswer(verdict, 400, "an_error", "its words", host="login.example.com")])

    finding = await salesforce_token(TARGET, fake_estate(crm=crm))

    expected = Outcome.UNKNOWN if verdict in _UNKNOWN_TOKENS else Outcome.FAILING
    assert finding.outcome is (Outcome.OK if verdict is TokenVerdict.OK else expected)
    assert finding.code == f"token.{verdict}"
    assert "an_error / its words" in finding.evidence


@pytest.mark.parametrize("verdict", list(CallVerdict))
async def test_every_call_verdict_has_an_outcome_and_words(verdict: CallVerdict) -> None:
    """The same for the call."""
    crm = FakeCrm(calls=[CallAnswer(verdict, 401, "A_CODE", "its words", 14_000, 15_000)])

    finding = await salesforce_api(TARGET, fake_estate(crm=crm))

    expected = Outcome.UNKNOWN if verdict in _UNKNOWN_CALLS else Outcome.FAILING
    assert finding.outcome is (Outcome.OK if verdict is CallVerdict.OK else expected)
    assert finding.code == f"api.{verdict}"
    assert "A_CODE / its words" in finding.evidence
    assert "14000 of 15000 API requests are left today" in finding.evidence


async def test_a_remembered_verdict_tells_its_age_and_the_next_try() -> None:
    """When our own limiter answers."""
    held = TokenAnswer(
        TokenVerdict.AUTHENTICATION_FAILURE,
        400,
        "invalid_grant",
        "authentication failure",
        asked_seconds_ago=40.2,
        retry_after_seconds=780,
    )
    target = replace(TARGET, salesforce_username="integration@acme.example.com")

    finding = await salesforce_token(target, fake_estate(crm=FakeCrm(tokens=[held])))

    assert finding.outcome is Outcome.FAILING
    assert "asked 40 s ago, not again now" in finding.evidence
    assert "the next log-in is allowed in 780 s, so as not to lock the account" in finding.evidence


async def test_a_revoked_remembered_token_is_renewed_once() -> None:
    """Only a fresh token that is refused is a finding."""
    revoked, fine = CallAnswer(CallVerdict.INVALID_SESSION, 401), CallAnswer(CallVerdict.OK, 200)
    remembered = TokenAnswer(TokenVerdict.OK, 200, asked_seconds_ago=10.0)
    crm = FakeCrm(tokens=[remembered, TokenAnswer(TokenVerdict.OK, 200)], calls=[revoked, fine])

    finding = await salesforce_api(TARGET, fake_estate(crm=crm))

    assert (finding.outcome, crm.asked) == (Outcome.OK, 2)


async def test_a_fresh_token_that_is_refused_is_failing() -> None:
    """No loop: one log-in, one call."""
    crm = FakeCrm(calls=[CallAnswer(CallVerdict.INVALID_SESSION, 401)])

    finding = await salesforce_api(TARGET, fake_estate(crm=crm))

    assert (finding.code, crm.asked) == ("api.invalid-session", 1)
