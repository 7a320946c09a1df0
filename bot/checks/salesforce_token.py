"""Does Salesforce give us a token?"""

from __future__ import annotations

from bot.checks.registry import check
from bot.domain.finding import Finding, Outcome
from bot.domain.salesforce import LoginFlow, TokenAnswer, TokenVerdict
from bot.domain.salesforce_guidance import guidance
from bot.domain.target import Target
from bot.ports.estate import Estate

_COULD_NOT_TELL = (TokenVerdict.UNREACHABLE, TokenVerdict.UNREADABLE, TokenVerdict.HELD_BACK)

_MEANINGS = {
    TokenVerdict.OK: "the log-in works",
    TokenVerdict.EMPTY: "the log-in answers 200 with an empty token",
    TokenVerdict.AUTHENTICATION_FAILURE: "the log-in is refused, and Salesforce does not say why: user name,"
    " password, security token, a locked or inactive user, an IP rule, or the flow is disabled",
    TokenVerdict.RATE_EXCEEDED: "too many log-ins in an hour: testing stops for an hour",
    TokenVerdict.INVALID_CLIENT: "the client secret is wrong",
    TokenVerdict.INVALID_CLIENT_ID: "the client id is wrong, or the login host or the org is",
    TokenVerdict.UNSUPPORTED_GRANT: "the grant is not supported: a wrong host, or http:// instead of https://",
    TokenVerdict.NOT_APPROVED: "the user has not approved the connected app: pre-authorise it",
    TokenVerdict.IP_RESTRICTED: "the user's or the app's IP rules keep us out",
    TokenVerdict.INACTIVE_USER: "the integration user is inactive",
    TokenVerdict.INACTIVE_ORG: "the org is inactive",
    TokenVerdict.WRONG_DOMAIN: "this grant works only on the org's own My Domain host",
    TokenVerdict.EXPIRED_TOKEN: "a refresh token has expired",
    TokenVerdict.FLOW_SETUP: "the OAuth flow is not set up in the org as we use it",
    TokenVerdict.OTHER: "the log-in is refused for a reason that the runbook does not know",
    TokenVerdict.UNREADABLE: "something answered that is not Salesforce's token endpoint",
    TokenVerdict.UNREACHABLE: "Salesforce could not be asked",
    TokenVerdict.HELD_BACK: "not asked: another failed log-in could lock the account",
}


@check("salesforce-token", component="salesforce", codes=tuple(f"token.{verdict}" for verdict in TokenVerdict))
async def salesforce_token(target: Target, estate: Estate) -> Finding:
    """Asks Salesforce for a token as the middleware does; rarely enough that it can never lock the account."""
    answer = await estate.crm.log_in()
    return Finding(
        check="salesforce-token",
        component="salesforce",
        outcome=_outcome(answer.verdict),
        code=f"token.{answer.verdict}",
        summary=f"Salesforce token: {_MEANINGS[answer.verdict]}",
        evidence=_evidence(target, answer),
    )


def _outcome(verdict: TokenVerdict) -> Outcome:
    if verdict is TokenVerdict.OK:
        return Outcome.OK
    return Outcome.UNKNOWN if verdict in _COULD_NOT_TELL else Outcome.FAILING


def _evidence(target: Target, answer: TokenAnswer) -> tuple[str, ...]:
    said = " / ".join(part for part in (answer.error, answer.description) if part)
    lines = [f"{answer.host or 'Salesforce'} answered {answer.status}" if answer.status else "", said]
    if answer.asked_seconds_ago:
        lines.append(f"asked {answer.asked_seconds_ago:.0f} s ago, not again now")
    if answer.retry_after_seconds:
        lines.append(
            f"the next log-in is allowed in {answer.retry_after_seconds:.0f} s, so as not to lock the account"
        )
    user = f"user {target.salesforce_username}" if target.salesforce_username else ""
    flow = "" if answer.flow is LoginFlow.PASSWORD else f"flow {answer.flow}"
    lines += [guidance(answer), ", ".join(part for part in (user, flow) if part)]
    return tuple(line for line in lines if line)
