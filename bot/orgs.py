"""Builds the way to each target's Salesforce org from the settings; a part of the composition root."""

from __future__ import annotations

from bot.adapters.salesforce import (
    ClientCredentialsLogin,
    JwtBearerLogin,
    LoginLimits,
    SalesforceCredentials,
    SalesforceCrm,
    SalesforceLogin,
)
from bot.domain.salesforce import LoginFlow
from bot.ports.clock import Clock
from bot.ports.logins import LoginBook
from bot.settings import Problem, SalesforceSettings, SettingsProblems


def open_crm(name: str, org: SalesforceSettings, logins: LoginBook, clock: Clock) -> SalesforceCrm:
    """Not logged in yet; whoever opens it, closes it. Raises SettingsProblems for a private key that is none."""
    limits = LoginLimits(
        reuse_seconds=org.limiter.reuse_seconds,
        failures=org.limiter.failures,
        failure_window_seconds=org.limiter.failure_window_seconds,
        failures_per_day=org.limiter.failures_per_day,
        per_hour=org.limiter.per_hour,
        stop_after_rate_exceeded_seconds=org.limiter.stop_after_rate_exceeded_seconds,
    )
    return SalesforceCrm(
        _login(name, org),
        target=name,
        book=logins,
        clock=clock,
        limits=limits,
        api_version=org.api_version,
        deadline_seconds=org.deadline_seconds,
    )


def _login(name: str, org: SalesforceSettings) -> SalesforceLogin:
    """Raises SettingsProblems for a private key that is none."""
    client_id, client_secret = org.client_id.get_secret_value(), org.client_secret.get_secret_value()
    match org.flow:
        case LoginFlow.PASSWORD:
            return SalesforceCredentials(
                login_url=org.login_url,
                client_id=client_id,
                client_secret=client_secret,
                username=org.username,
                password=org.password.get_secret_value(),
                security_token=org.security_token.get_secret_value(),
            )
        case LoginFlow.JWT_BEARER:
            key = org.private_key.get_secret_value()
            try:
                return JwtBearerLogin(org.login_url, org.username, client_id, key, org.audience or "")
            except ValueError as error:
                path = f"targets.{name}.salesforce.private_key"
                raise SettingsProblems([Problem(path, str(error))]) from None
        case LoginFlow.CLIENT_CREDENTIALS:
            return ClientCredentialsLogin(org.login_url, client_id, client_secret)
