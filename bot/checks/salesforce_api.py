"""Does a call with the token work? An expired password lets us log in, and then refuses every call."""

from __future__ import annotations

from bot.checks.registry import check
from bot.domain.finding import Finding, Outcome
from bot.domain.salesforce import CallAnswer, CallVerdict
from bot.domain.target import Target
from bot.ports.estate import Estate

_COULD_NOT_TELL = (CallVerdict.UNREACHABLE, CallVerdict.UNREADABLE, CallVerdict.NOT_ASKED)

_MEANINGS = {
    CallVerdict.OK: "a call with the token works",
    CallVerdict.EXPIRED_PASSWORD: "the password has expired: the log-in works and every call fails",
    CallVerdict.INVALID_AUTH_HEADER: "the call carries no valid bearer token",
    CallVerdict.INVALID_SESSION: "a fresh token is refused as an invalid session",
    CallVerdict.REQUEST_LIMIT: "the org's request limit is used up",
    CallVerdict.API_DISABLED: "the API is disabled for this org or profile",
    CallVerdict.OTHER: "the call fails for a reason that the runbook does not know",
    CallVerdict.UNREADABLE: "something answered that is not Salesforce's API",
    CallVerdict.UNREACHABLE: "the org's host could not be asked",
    CallVerdict.NOT_ASKED: "not asked: no token",
}


@check("salesforce-api", component="salesforce", codes=tuple(f"api.{verdict}" for verdict in CallVerdict))
async def salesforce_api(target: Target, estate: Estate) -> Finding:
    """Makes one call with the token (the org's limits), since a token alone proves little."""
    del target
    token = await estate.crm.log_in()
    answer = await estate.crm.call(token)
    if answer.verdict is CallVerdict.INVALID_SESSION and token.asked_seconds_ago:
        # The remembered token was revoked meanwhile; only a fresh one proves something.
        answer = await estate.crm.call(await estate.crm.log_in())
    return Finding(
        check="salesforce-api",
        component="salesforce",
        outcome=_outcome(answer.verdict),
        code=f"api.{answer.verdict}",
        summary=f"Salesforce API: {_MEANINGS[answer.verdict]}",
        evidence=_evidence(answer),
    )


def _outcome(verdict: CallVerdict) -> Outcome:
    if verdict is CallVerdict.OK:
        return Outcome.OK
    return Outcome.UNKNOWN if verdict in _COULD_NOT_TELL else Outcome.FAILING


def _evidence(answer: CallAnswer) -> tuple[str, ...]:
    said = " / ".join(part for part in (answer.error_code, answer.message) if part)
    lines = [f"answered {answer.status}" if answer.status else "", said]
    if answer.requests_left is not None and answer.requests_max is not None:
        lines.append(f"{answer.requests_left} of {answer.requests_max} API requests are left today")
    return tuple(line for line in lines if line)
