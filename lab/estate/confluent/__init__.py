"""Confluent's Metrics API on loopback, fed by the lab's Kafka cluster."""

from lab.estate.confluent.server import ConfluentStandIn

__all__ = ["ConfluentStandIn"]
