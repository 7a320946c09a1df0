"""What may be configured about Kafka for one target: the way in, what is expected, and Confluent's metrics."""

from __future__ import annotations

from dataclasses import fields
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from bot.domain.kafka import ExpectedTopic, Kafka, LagLimits, RegularLoad
from bot.settings.kinds import ExistingFile, Listed, Seconds, Secret, Url, matching
from bot.settings.section import NO_SECRET, Section

_KAFKA = Kafka()
_LAG = LagLimits()
_TRAFFIC = RegularLoad()

Bootstrap = Annotated[
    str, AfterValidator(matching(r"[A-Za-z0-9.-]+:\d{2,5}|\[[0-9a-fA-F:.]+\]:\d{2,5}", "must be host:port"))
]
TopicName = Annotated[
    str, AfterValidator(matching(r"[A-Za-z0-9._-]{1,249}", "must be a topic name: letters, digits and . _ -"))
]
ClusterId = Annotated[str, AfterValidator(matching(r"lkc-[a-z0-9]+", "must be a Confluent cluster id: lkc-…"))]


class SecurityProtocol(StrEnum):
    """librdkafka's `security.protocol`; Confluent Cloud takes SASL_SSL only."""

    SASL_SSL = "SASL_SSL"
    SSL = "SSL"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    PLAINTEXT = "PLAINTEXT"


class SaslMechanism(StrEnum):
    """librdkafka's `sasl.mechanism`."""

    PLAIN = "PLAIN"
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    SCRAM_SHA_512 = "SCRAM-SHA-512"


def _as_kafka_writes(value: Any) -> Any:
    """YAML's `true` is a text there, and a list is joined by commas."""
    return {name: _text(item) for name, item in value.items()} if isinstance(value, dict) else value


def _text(item: Any) -> Any:
    if isinstance(item, list):
        return ",".join(str(_text(each)) for each in item)
    return str(item).lower() if isinstance(item, bool) else item


class ExpectedTopicSettings(Section):
    """One topic; `groups` left out means `<service>-<topic>`, an empty list that nobody needs to read it."""

    name: TopicName = Field(examples=["integrations_passthrough_messages"])
    partitions: Annotated[int, Field(ge=1, le=10_000)] | None = Field(default=None, examples=["6"])
    replication_factor: Annotated[int, Field(ge=1, le=99)] | None = Field(default=None, examples=["3"])
    settings: Annotated[dict[str, str], BeforeValidator(_as_kafka_writes)] = Field(
        default_factory=dict, examples=["{retention.ms: 604800000}"]
    )
    groups: Annotated[tuple[str, ...], Listed] | None = Field(default=None, examples=["[my-service-my-topic]"])


class LagSettings(Section):
    """Messages that a group may be behind on one topic."""

    degraded: Annotated[int, Field(ge=1)] = _LAG.degraded
    failing: Annotated[int, Field(ge=1)] = _LAG.failing


class TrafficSettings(Section):
    """The window that ends now, against the same one `steps` times `step_seconds` earlier (a day, or a week)."""

    window_seconds: Annotated[float, Field(gt=0, le=6 * 3_600)] = _TRAFFIC.window_seconds
    step_seconds: Annotated[float, Field(gt=0, le=31 * 86_400)] = _TRAFFIC.step_seconds
    steps: Annotated[int, Field(ge=1, le=60)] = _TRAFFIC.steps
    quiet_ratio: Annotated[float, Field(ge=0, le=1)] = _TRAFFIC.quiet_ratio
    minimum_windows: Annotated[int, Field(ge=1, le=60)] = _TRAFFIC.minimum_windows
    minimum_messages: Annotated[int, Field(ge=1)] = _TRAFFIC.minimum_messages


class ConfluentSettings(Section):
    """Confluent's Metrics API: a CLOUD API key, which is not the cluster's own."""

    api_key: Secret = Field(examples=["env:ACME_CONFLUENT_CLOUD_KEY"])
    api_secret: Secret = Field(examples=["env:ACME_CONFLUENT_CLOUD_SECRET"])
    cluster_id: ClusterId = Field(examples=["lkc-abc123"])
    url: Url = "https://api.telemetry.confluent.cloud"
    deadline_seconds: Seconds = 1.5


def _listed_elsewhere(value: Any) -> Any:
    """The list itself, the full path of a YAML file that holds it, or the text of one (`file:/path`)."""
    if value is None:
        return ()
    if not isinstance(value, str):
        return value
    path = Path(value.strip())
    try:
        text = path.read_text(encoding="utf-8") if path.suffix in (".yml", ".yaml") else value
        document = yaml.safe_load(text)
    except OSError as error:
        raise ValueError(f"names a file that cannot be read: {path}") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise ValueError("names a file that is not YAML") from error
    return document.get("topics") if isinstance(document, dict) else document


ExpectedTopics = Annotated[tuple[ExpectedTopicSettings, ...], BeforeValidator(_listed_elsewhere)]


class KafkaSettings(Section):
    """The cluster that the middleware reads from; which keys a protocol needs is judged in agreement.py."""

    bootstrap_servers: Annotated[tuple[Bootstrap, ...], Listed, Field(min_length=1)] = Field(
        examples=["[pkc-abcde.europe-west1.gcp.confluent.cloud:9092]"]
    )
    security_protocol: SecurityProtocol = SecurityProtocol.SASL_SSL
    sasl_mechanism: SaslMechanism = SaslMechanism.PLAIN
    api_key: SecretStr = Field(default=NO_SECRET, examples=["env:ACME_KAFKA_KEY"])
    api_secret: SecretStr = Field(default=NO_SECRET, examples=["env:ACME_KAFKA_SECRET"])
    ca_file: ExistingFile | None = Field(default=None, examples=["/etc/sfint/kafka-ca.pem"])
    deadline_seconds: Seconds = 1.5
    service: str = Field(default="", examples=["salesforce-integration"])
    expected_topics: ExpectedTopics = Field(default=(), examples=["/etc/sfint/acme-topics.yml"])
    lag: LagSettings = LagSettings()
    traffic: TrafficSettings = TrafficSettings()
    settling_seconds: Annotated[float, Field(ge=0, le=86_400)] = _KAFKA.settling_seconds
    confluent: ConfluentSettings | None = None

    def expectations(self, deployment: str) -> Kafka:
        """The domain's value; groups are named after `service`, or the middleware's deployment."""
        service = self.service or deployment
        return Kafka(
            topics=tuple(_expected(topic, service) for topic in self.expected_topics),
            lag=LagLimits(**self.lag.model_dump()),
            traffic=RegularLoad(**self.traffic.model_dump(include={field.name for field in fields(RegularLoad)})),
            cluster_id=self.confluent.cluster_id if self.confluent else "",
            service=service,
            settling_seconds=self.settling_seconds,
        )


def _expected(topic: ExpectedTopicSettings, service: str) -> ExpectedTopic:
    groups = (f"{service}-{topic.name}",) if topic.groups is None else topic.groups
    return ExpectedTopic(topic.name, topic.partitions, topic.replication_factor, topic.settings, groups)
