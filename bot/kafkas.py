"""Builds the ways to Kafka from the settings; part of the composition root."""

from __future__ import annotations

from contextlib import AsyncExitStack

from bot.adapters.confluent_metrics import ConfluentMetrics
from bot.adapters.kafka_apart import KafkaApart, StreamApart, TrafficApart
from bot.adapters.kafka_frames import KafkaKey
from bot.adapters.kafka_login import KafkaLogin
from bot.adapters.traffic_sources import TrafficSources
from bot.ports.stream import Stream
from bot.ports.traffic import Traffic
from bot.settings.kafka import ConfluentSettings, KafkaSettings


def open_kafka(kafka: KafkaSettings, apart: KafkaApart, stack: AsyncExitStack) -> tuple[Stream, Traffic]:
    """Nothing is connected yet; what is opened is closed with the stack."""
    login = KafkaLogin(
        bootstrap_servers=kafka.bootstrap_servers,
        security_protocol=kafka.security_protocol,
        sasl_mechanism=kafka.sasl_mechanism,
        api_key=kafka.api_key.get_secret_value(),
        api_secret=kafka.api_secret.get_secret_value(),
        ca_file=str(kafka.ca_file) if kafka.ca_file else None,
    )
    key = KafkaKey(login, kafka.deadline_seconds)
    traffic: Traffic = TrafficApart(apart, key)
    if kafka.confluent is not None:
        traffic = TrafficSources(_metrics(kafka.confluent, stack), traffic)
    return StreamApart(apart, key), traffic


def _metrics(confluent: ConfluentSettings, stack: AsyncExitStack) -> ConfluentMetrics:
    metrics = ConfluentMetrics(
        api_key=confluent.api_key.get_secret_value(),
        api_secret=confluent.api_secret.get_secret_value(),
        cluster_id=confluent.cluster_id,
        url=confluent.url,
        deadline_seconds=confluent.deadline_seconds,
    )
    stack.push_async_callback(metrics.aclose)
    return metrics
