"""Mistakes that take two settings to see; judged on the raw tree, so that they are told along with all others."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from bot.domain.salesforce import LoginFlow
from bot.settings.datadog_agreement import datadog_disagreements
from bot.settings.integrations_agreement import integrations_disagreements
from bot.settings.kafka_agreement import kafka_disagreements
from bot.settings.live_chat_agreement import live_chat_disagreements
from bot.settings.problems import Problem
from bot.settings.sources import Tree

_WAYS = ("kubeconfig", "in_cluster", "url")
_FLOW_NEEDS = {
    LoginFlow.PASSWORD: {
        "username": "integration@acme.example.com",
        "client_secret": "env:ACME_SF_CLIENT_SECRET",
        "password": "env:ACME_SF_PASSWORD",
    },
    LoginFlow.JWT_BEARER: {
        "username": "integration@acme.example.com",
        "private_key": "file:/etc/sfint/acme-salesforce.key",
    },
    LoginFlow.CLIENT_CREDENTIALS: {
        "login_url": "https://acme.my.salesforce.com",
        "client_secret": "env:ACME_SF_CLIENT_SECRET",
    },
}
_FLOW_ALLOWS = {
    LoginFlow.PASSWORD: {"security_token"},
    LoginFlow.JWT_BEARER: {"audience"},
    LoginFlow.CLIENT_CREDENTIALS: {"username"},
}
_FLOW_KEYS = ("client_secret", "password", "security_token", "private_key", "audience")
"""Of these each flow has its own; what is left over from another one is a mistake."""
_MODE_NEEDS = {
    "socket": ("app_token", "env:SLACK_APP_TOKEN"),
    "http": ("signing_secret", "env:SLACK_SIGNING_SECRET"),
}
_SHARED_LOGIN_HOSTS = ("login.salesforce.com", "test.salesforce.com")


def disagreements(tree: Tree) -> list[Problem]:
    """What does not fit together; a section of the wrong shape is somebody else's finding."""
    targets = {name: target for name, target in _section(tree, "targets").items() if isinstance(target, dict)}
    problems = _way_in(_section(tree, "slack")) + _mail(tree, targets) + _shared_defaults(targets)
    for name, target in targets.items():
        problems += _default_outside(name, target)
        problems += _ways_into_kubernetes(name, target)
        problems += _half_a_certificate(name, target)
        problems += _login_flow(name, target)
        problems += integrations_disagreements(f"targets.{name}.integrations", _section(target, "integrations"))
        problems += kafka_disagreements(f"targets.{name}.kafka", _section(target, "kafka"))
        problems += datadog_disagreements(f"targets.{name}.datadog", _section(target, "datadog"))
        live_chat = target.get("live_chat")
        if isinstance(live_chat, dict):
            problems += live_chat_disagreements(f"targets.{name}.live_chat", live_chat)
    return problems


def _section(tree: Tree, key: str) -> Tree:
    found = tree.get(key)
    return found if isinstance(found, dict) else {}


def _way_in(slack: Tree) -> list[Problem]:
    """What only one of the two modes needs; what the other one needs may stay in the file."""
    mode = slack.get("mode", "socket")
    if not slack or mode not in _MODE_NEEDS:
        return []
    key, example = _MODE_NEEDS[mode]
    return [] if key in slack else [Problem(f"slack.{key}", f"is required with `mode: {mode}`", example)]


def _names(target: Tree, key: str) -> list[str]:
    value: Any = target.get(key)
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _default_outside(name: str, target: Tree) -> list[Problem]:
    outside = [channel for channel in _names(target, "default_in") if channel not in _names(target, "channels")]
    path = f"targets.{name}.default_in"
    return [Problem(path, f"names {channel}, which is not among its `channels`") for channel in outside]


def _shared_defaults(targets: dict[str, Tree]) -> list[Problem]:
    owner: dict[str, str] = {}
    problems = []
    for name, target in targets.items():
        for channel in _names(target, "default_in"):
            first = owner.setdefault(channel, name)
            if first != name:
                what = f"names {channel}, whose default is `{first}` already: a channel has one"
                problems.append(Problem(f"targets.{name}.default_in", what))
    return problems


def _ways_into_kubernetes(name: str, target: Tree) -> list[Problem]:
    kubernetes = target.get("kubernetes")
    if not isinstance(kubernetes, dict):
        return []
    path = f"targets.{name}.kubernetes"
    chosen = [way for way in _WAYS if kubernetes.get(way) not in (None, "", False, "false")]
    if len(chosen) != 1:
        return [Problem(path, "needs exactly one of `kubeconfig`, `in_cluster`, `url`", "{in_cluster: true}")]
    problems = []
    if kubernetes.get("context") and chosen != ["kubeconfig"]:
        problems.append(Problem(f"{path}.context", "belongs to `kubeconfig` only"))
    if kubernetes.get("token") and chosen != ["url"]:
        problems.append(Problem(f"{path}.token", "belongs to `url` only"))
    if chosen == ["url"] and "token" not in kubernetes:
        problems.append(Problem(f"{path}.token", "is required with `url`", "env:KUBERNETES_TOKEN"))
    return problems


def _mail(tree: Tree, targets: dict[str, Tree]) -> list[Problem]:
    """Addresses need a server, and a password needs encryption."""
    email, teams = tree.get("email"), _section(tree, "teams")
    named = [f"teams.{name}.emails" for name in teams if _section(teams, name).get("emails")]
    named += [
        f"targets.{name}.client_admin_emails" for name, each in targets.items() if each.get("client_admin_emails")
    ]
    if email is None and named:
        example = "{host: smtp.example.com, from: sfint@example.com}"
        return [Problem("email", f"is required with `{named[0]}`", example)]
    if not isinstance(email, dict):
        return []
    problems = []
    if str(email.get("starttls", True)).lower() in ("false", "no", "off", "0") and email.get("password"):
        problems.append(Problem("email.password", "would travel in the clear: it needs `starttls: true`"))
    if bool(email.get("username")) is not ("password" in email and email["password"] != ""):
        problems.append(Problem("email.username", "and `email.password` belong together", "sfint@example.com"))
    return problems


def _half_a_certificate(name: str, target: Tree) -> list[Problem]:
    tls = _section(_section(target, "redis"), "tls")
    given = [key for key in ("cert_file", "key_file") if tls.get(key)]
    if len(given) != 1:
        return []
    missing = "key_file" if given == ["cert_file"] else "cert_file"
    return [
        Problem(f"targets.{name}.redis.tls.{missing}", f"is required with `{given[0]}`", f"/etc/sfint/{missing}")
    ]


def _login_flow(name: str, target: Tree) -> list[Problem]:
    org = _section(target, "salesforce")
    chosen = org.get("flow", LoginFlow.PASSWORD)
    if not org or chosen not in list(LoginFlow):
        return []
    flow, path = LoginFlow(chosen), f"targets.{name}.salesforce"
    needs = _FLOW_NEEDS[flow]
    problems = [
        Problem(f"{path}.{key}", "is required", example)
        for key, example in needs.items()
        if org.get(key, "") == ""
    ]
    problems += [
        Problem(f"{path}.{key}", f"does not belong to `flow: {flow}`")
        for key in _FLOW_KEYS
        if org.get(key) and key not in needs and key not in _FLOW_ALLOWS[flow]
    ]
    if (
        flow is LoginFlow.CLIENT_CREDENTIALS
        and urlsplit(str(org.get("login_url"))).hostname in _SHARED_LOGIN_HOSTS
    ):
        what = "must be the org's own My Domain host: no other takes `flow: client-credentials`"
        problems.append(Problem(f"{path}.login_url", what, needs["login_url"]))
    return problems
