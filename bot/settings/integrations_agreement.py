"""Mistakes in a target's section on Integrations that take two settings to see."""

from __future__ import annotations

from typing import Any

from bot.domain.webhook import VersionSource
from bot.settings.problems import Problem

_NEEDS = {
    VersionSource.URL: {"read_url": "https://integrations.example.com/api/outgoing_webhook/bots/acme-bot"},
    VersionSource.IMAGE: {"deployment": "api"},
    VersionSource.LABEL: {"deployment": "api", "label": "app.example.com/webhook-version"},
}


def integrations_disagreements(path: str, integrations: dict[str, Any]) -> list[Problem]:
    """`integrations` is the raw section at `path`; empty where the target has none."""
    webhook = integrations.get("webhook")
    problems = _source(f"{path}.webhook", webhook) if isinstance(webhook, dict) else []
    return [*problems, *_names(f"{path}.services", integrations.get("services"))]


def _source(path: str, webhook: dict[str, Any]) -> list[Problem]:
    source = webhook.get("source", VersionSource.NOWHERE)
    needs = _NEEDS.get(VersionSource(source), {}) if source in list(VersionSource) else {}
    return [
        Problem(f"{path}.{key}", f"is required with `source: {source}`", example)
        for key, example in needs.items()
        if not webhook.get(key)
    ]


def _names(path: str, services: Any) -> list[Problem]:
    names = [each.get("name") for each in services if isinstance(each, dict)] if isinstance(services, list) else []
    twice = sorted({str(name) for name in names if names.count(name) > 1})
    return [Problem(path, f"names {name} twice") for name in twice]
