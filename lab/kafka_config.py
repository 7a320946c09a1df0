"""What the bot is told of the lab's Kafka: the way in, the topic that must be there, a short window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lab.estate.bot_platform import PARTITIONS, TOPIC
from lab.estate.confluent import ConfluentStandIn
from lab.estate.kafka import Account, KafkaStandIn

TRAFFIC_SECONDS = 10.0
"""How long a silence must last in the lab before it may be told."""
_CONFLUENT_SECONDS = 1800.0
"""The metrics are minutes late and know whole minutes only."""
_DAY_SECONDS = 86_400


def kafka_section(kafka: KafkaStandIn, ca_file: Path, confluent: ConfluentStandIn | None = None) -> dict[str, Any]:
    """The target's `kafka`. Traffic is read from the brokers where there is no Confluent."""
    window_seconds = TRAFFIC_SECONDS if confluent is None else _CONFLUENT_SECONDS
    return {
        "bootstrap_servers": [kafka.bootstrap],
        "api_key": "env:ACME_KAFKA_KEY",
        "api_secret": "env:ACME_KAFKA_SECRET",
        "ca_file": str(ca_file),
        "expected_topics": [
            {
                "name": TOPIC,
                "partitions": PARTITIONS,
                "replication_factor": 3,
                "settings": {"retention.ms": 7 * _DAY_SECONDS * 1000, "cleanup.policy": "delete"},
            }
        ],
        "lag": {"degraded": 50, "failing": 500},
        "traffic": {"window_seconds": window_seconds, "step_seconds": _DAY_SECONDS, "minimum_messages": 5},
    } | ({"confluent": _confluent(confluent)} if confluent is not None else {})


def kafka_environment(account: Account, confluent: ConfluentStandIn | None) -> dict[str, str]:
    """The secrets that the section refers to."""
    kafka = {"ACME_KAFKA_KEY": account.key, "ACME_KAFKA_SECRET": account.secret}
    if confluent is None:
        return kafka
    metrics = {"ACME_CONFLUENT_CLOUD_KEY": confluent.api_key, "ACME_CONFLUENT_CLOUD_SECRET": confluent.api_secret}
    return kafka | metrics


def _confluent(confluent: ConfluentStandIn) -> dict[str, Any]:
    return {
        "url": confluent.url,
        "cluster_id": confluent.cluster.id,
        "api_key": "env:ACME_CONFLUENT_CLOUD_KEY",
        "api_secret": "env:ACME_CONFLUENT_CLOUD_SECRET",
    }
