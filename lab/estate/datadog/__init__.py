"""Datadog on loopback: what the middleware sends is searched, aggregated and rationed as the real one does."""

from lab.estate.datadog.server import DatadogStandIn

__all__ = ["DatadogStandIn"]
