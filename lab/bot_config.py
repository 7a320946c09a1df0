"""The bot's configuration in the lab: an ordinary file, with short windows, and secrets by environment."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lab.estate.argocd import ArgoCdStandIn
from lab.estate.datadog import DatadogStandIn
from lab.estate.live_agent import LiveAgentStandIn
from lab.estate.pagerduty import PagerDutyStandIn
from lab.estate.salesforce import SalesforceStandIn
from lab.estate.smtp import SmtpStandIn
from lab.slack.server import SlackStandIn
from lab.slack.workspace import TEAM_ID

TARGET = "acme-prod"
CHAT_QUEUE = "WhatsApp Support"
REQUEST_PATH = "/slack/events"
TEAMS = ("ops", "platform", "devops", "integrations")
"""Who has a pager; the two teams outside have mailboxes."""
MAILBOXES = {
    "client-admin": ("admin@acme.example.com", "deputy@acme.example.com"),
    "salesforce": ("salesforce-team@example.com",),
}
_GROUPS = {"ops": "S0OPS00001", "platform": "S0PLAT0001", "devops": "S0DEVOPS01", "integrations": "S0INTEG001"}


@dataclass(frozen=True)
class Windows:
    """What the lab shortens, in seconds; nothing in the bot is patched."""

    failover_timeout: float = 3.0
    approval: float = 300.0
    cooldown: float = 3.0
    watch: float = 30.0
    log_window: int = 60
    gone: float = 60.0
    ready: float = 60.0
    forbidden_polls: float = 10.0
    lasting_polls: float = 4.0
    silent_polls: float = 8.0
    traces: int = 20
    integrations: float = 4.0


def bot_environment(
    slack: SlackStandIn,
    pagerduty: PagerDutyStandIn,
    smtp: SmtpStandIn,
    salesforce: SalesforceStandIn,
    datadog: DatadogStandIn,
    argocd: ArgoCdStandIn,
) -> dict[str, str]:
    """Every secret, by the names that the file refers to; of Slack's, those of its mode."""
    way_in = (
        {"SLACK_SIGNING_SECRET": slack.signing_secret}
        if slack.signed_http
        else {"SLACK_APP_TOKEN": slack.app_token}
    )
    org = salesforce.org
    keys = {f"PAGERDUTY_{team.replace('-', '_').upper()}": key for team, key in pagerduty.services.items()}
    return {
        "SLACK_BOT_TOKEN": slack.bot_token,
        **way_in,
        "SFINT_INBOX_KEYS": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "ACME_SF_CLIENT_ID": org.client_id,
        "ACME_SF_CLIENT_SECRET": org.client_secret,
        "ACME_SF_PASSWORD": org.password,
        "ACME_SF_SECURITY_TOKEN": org.security_token,
        "SMTP_PASSWORD": smtp.password,
        "DATADOG_API_KEY": datadog.api_key,
        "DATADOG_APPLICATION_KEY": datadog.application_key,
        "ACME_ARGOCD_TOKEN": argocd.token,
        **keys,
    }


def bot_settings(
    *,
    directory: Path,
    health_port: int,
    slack: SlackStandIn,
    pagerduty: PagerDutyStandIn,
    smtp: SmtpStandIn,
    smtp_ca_file: Path,
    salesforce: SalesforceStandIn,
    live_agent: LiveAgentStandIn,
    datadog: DatadogStandIn,
    argocd: ArgoCdStandIn,
    kubeconfig: Path,
    windows: Windows,
    reach: str = "direct",
    http_port: int | None = None,
) -> dict[str, Any]:
    """The tree of the YAML file."""
    return {
        "slack": {
            "api_url": slack.api_url,
            "bot_token": "env:SLACK_BOT_TOKEN",
            **_way_in(http_port),
            "team_id": TEAM_ID,
            "audit_channel": "C0OPSAUDIT",
            "audit_every_seconds": 15.0,
        },
        "store": {"directory": str(directory), "inbox_keys": "env:SFINT_INBOX_KEYS"},
        "health": {"port": health_port},
        "roles": {
            "viewer": ["*"],
            "requester": ["U0RITA001", "U0ARNO001"],
            "approver": ["U0ARNO001", "U0ADA0001"],
            "operator": ["U0OLGA001"],
        },
        "teams": {**{team: _team(team) for team in TEAMS}, "salesforce": {"emails": [*MAILBOXES["salesforce"]]}},
        "pagerduty": {"url": pagerduty.url},
        "email": {
            "host": smtp.host,
            "port": smtp.port,
            "username": smtp.username,
            "password": "env:SMTP_PASSWORD",
            "ca_file": str(smtp_ca_file),
            "from": "sfint@example.com",
            "reply_to": "oncall@example.com",
        },
        "targets": {
            TARGET: _target(salesforce, live_agent, kubeconfig, windows, reach)
            | _deployed(datadog, argocd, windows)
        },
    }


def write_config(path: Path, settings: dict[str, Any]) -> Path:
    """Writes the file and returns its path."""
    path.write_text(yaml.safe_dump(settings, sort_keys=False))
    return path


def _way_in(http_port: int | None) -> dict[str, Any]:
    if http_port is None:
        return {"mode": "socket", "app_token": "env:SLACK_APP_TOKEN"}
    http = {"port": http_port, "path": REQUEST_PATH}
    return {"mode": "http", "signing_secret": "env:SLACK_SIGNING_SECRET", "http": http}


def _team(team: str) -> dict[str, Any]:
    way: dict[str, Any] = {"pagerduty_routing_key": f"env:PAGERDUTY_{team.replace('-', '_').upper()}"}
    way |= {"slack_group": _GROUPS[team]} if team in _GROUPS else {}
    return way | ({"contacts": ["U0ADA0001", "U0OLGA001"]} if team == "platform" else {})


def _target(
    salesforce: SalesforceStandIn, live_agent: LiveAgentStandIn, kubeconfig: Path, windows: Windows, reach: str
) -> dict[str, Any]:
    return {
        "channels": ["C0INCSF001"],
        "default_in": ["C0INCSF001"],
        "mode": "act",
        "page_external": True,
        "client_admin_emails": [*MAILBOXES["client-admin"]],
        "namespace": "integrations",
        "kubernetes": {"kubeconfig": str(kubeconfig)},
        "redis": {"reach": reach, "failover_timeout_seconds": windows.failover_timeout},
        "middleware": {"log_window_seconds": windows.log_window},
        "salesforce": {
            "login_url": salesforce.login_url,
            "client_id": "env:ACME_SF_CLIENT_ID",
            "client_secret": "env:ACME_SF_CLIENT_SECRET",
            "username": salesforce.org.username,
            "password": "env:ACME_SF_PASSWORD",
            "security_token": "env:ACME_SF_SECURITY_TOKEN",
            "reset_email": "integrations@example.com",
            "limiter": {
                "failures": 3,
                "failure_window_seconds": 10,
                "failures_per_day": 8,
                "reuse_seconds": 1,
            },
        },
        "live_chat": _live_chat(live_agent, windows),
        "long_poll": _long_poll(windows),
        "timings": {
            "approval_seconds": windows.approval,
            "cooldown_seconds": windows.cooldown,
            "watch_seconds": windows.watch,
            "watch_interval_seconds": 2.0,
            "gone_seconds": windows.gone,
            "ready_seconds": windows.ready,
            "verify_seconds": 60.0,
            "outage_seconds": 20.0,
        },
    }


def _live_chat(live_agent: LiveAgentStandIn, windows: Windows) -> dict[str, Any]:
    return {
        "chat_url": live_agent.url,
        "organization_id": live_agent.organization_id,
        "deployment_id": live_agent.deployment_id,
        "buttons": {"whatsapp": live_agent.buttons[0]},
        "queues": {"whatsapp": CHAT_QUEUE},
        "requests": {"window_seconds": windows.log_window},
    }


def _deployed(datadog: DatadogStandIn, argocd: ArgoCdStandIn, windows: Windows) -> dict[str, Any]:
    """Who sees the middleware run, and who deploys it."""
    return {
        "datadog": {
            "url": datadog.url,
            "api_key": "env:DATADOG_API_KEY",
            "application_key": "env:DATADOG_APPLICATION_KEY",
            "env": "production",
            "window_seconds": windows.traces,
            "cache_seconds": 1,
            "samples_cache_seconds": 1,
        },
        "argocd": {
            "url": argocd.url,
            "token": "env:ACME_ARGOCD_TOKEN",
            "application": argocd.application.name,
        },
    }


def _long_poll(windows: Windows) -> dict[str, Any]:
    """A poll takes two seconds here, and a handful of chats is all there is."""
    return {
        "forbidden_window_seconds": windows.forbidden_polls,
        "minimum_sessions": 3,
        "lasting_seconds": windows.lasting_polls,
        "minimum_polls": 4,
        "silent_window_seconds": windows.silent_polls,
        "minimum_silent_polls": 8,
        "minimum_waiting": 2,
        "slow_seconds": 8.0,
        "settling_seconds": 6.0,
    }
