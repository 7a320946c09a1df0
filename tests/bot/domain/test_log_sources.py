"""Whose logs may be read."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.integrations import CoreService, Integrations
from bot.domain.log_sources import log_sources
from bot.domain.target import Target

TARGET = Target("acme-prod", "integrations", frozenset({"C0INCSF001"}))


def test_what_the_settings_name_and_nothing_else() -> None:
    """By the workload's name and by the short one."""
    found = log_sources(TARGET)

    assert found["middleware"] == found["salesforce-integration"]
    assert found["redis"] == found["redis-sentinel-node"]
    assert set(found) == {"middleware", "salesforce-integration", "redis", "redis-sentinel-node"}


def test_the_core_services_are_in_their_own_namespace() -> None:
    """By the service's name and by its Deployment's."""
    core = Integrations(namespace="core", services=(CoreService("Freeway", deployment="freeway-v2"),))
    found = log_sources(replace(TARGET, integrations=core))

    assert found["freeway"] == found["freeway-v2"]
    assert str(found["freeway"]) == "deployment/core/freeway-v2"
