"""Integrations Core in the lab: four services that hand real messages on, and the registrations of webhooks."""

from lab.estate.integrations_core.core import IntegrationsCore
from lab.estate.integrations_core.registrations import RegistrationsStandIn

__all__ = ["IntegrationsCore", "RegistrationsStandIn"]
