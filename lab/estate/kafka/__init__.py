"""A Kafka cluster on loopback that speaks the real protocol."""

from lab.estate.kafka.accounts import Account, Operation, Resource
from lab.estate.kafka.broker import KafkaStandIn

__all__ = ["Account", "KafkaStandIn", "Operation", "Resource"]
