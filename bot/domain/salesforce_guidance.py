"""What a refused log-in suggests to look at, by the flow that was tried: often the flow itself is switched off."""

from __future__ import annotations

from bot.domain.salesforce import LoginFlow, TokenAnswer, TokenVerdict

_DISABLED = {
    LoginFlow.PASSWORD: "the flow may be disabled: orgs made since Summer '23 block the username-password flow,"
    " External Client Apps never had it, and new connected apps are restricted from Spring '26",
    LoginFlow.JWT_BEARER: "the flow may be disabled: the app needs digital signatures with our certificate, and"
    " pre-authorised users",
    LoginFlow.CLIENT_CREDENTIALS: "the flow may be disabled: it is switched on in the app's settings, and again in"
    " its policies with a run-as user",
}
_MY_DOMAIN = "set login_url to the org's own host, https://<MyDomain>.my.salesforce.com"
_APPROVAL = {
    LoginFlow.PASSWORD: "let an administrator pre-authorise the app for the user's profile or permission set",
    LoginFlow.JWT_BEARER: "pre-authorise the app for the user; a login_url of another org is answered alike",
    LoginFlow.CLIENT_CREDENTIALS: "let an administrator admit the run-as user to the app",
}
_SETUP = (
    (
        "client credentials",
        "name a run-as user in the app's policies, where the flow may be disabled, too (Client Credentials Flow)",
    ),
    ("audience", "the audience must be the login host: https://login.salesforce.com, or test for a sandbox"),
    (
        "assertion",
        "the private key must belong to the app's certificate; or a clock is wrong (3 minutes at most)",
    ),
)


def guidance(answer: TokenAnswer) -> str:
    """One line for the finding; empty where the verdict says it all."""
    match answer.verdict:
        case TokenVerdict.AUTHENTICATION_FAILURE | TokenVerdict.UNSUPPORTED_GRANT | TokenVerdict.OTHER:
            return _DISABLED[answer.flow]
        case TokenVerdict.NOT_APPROVED:
            return _APPROVAL[answer.flow]
        case TokenVerdict.WRONG_DOMAIN:
            return _MY_DOMAIN
        case TokenVerdict.FLOW_SETUP:
            said = answer.description.lower()
            return next((advice for words, advice in _SETUP if words in said), _DISABLED[answer.flow])
        case _:
            return ""
