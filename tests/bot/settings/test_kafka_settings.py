"""A target's Kafka section: what is expected, inline or in a file, and what does not fit together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bot.domain.kafka import ExpectedTopic, LagLimits, RegularLoad, access_request
from bot.settings.examples import secret_values
from bot.settings.kafka import KafkaSettings, LagSettings, TrafficSettings
from bot.settings.kafka_agreement import kafka_disagreements

WAY_IN: dict[str, Any] = {"bootstrap_servers": "kafka.example.com:9092", "api_key": "k1", "api_secret": "planted"}
TOPICS = [{"name": "orders", "partitions": 6, "settings": {"retention.ms": 604800000, "preallocate": True}}]


def test_the_least_section_judges_nothing() -> None:
    """It names a way in, and no topic."""
    kafka = KafkaSettings(**WAY_IN).expectations("salesforce-integration")

    assert (kafka.topics, kafka.lag, kafka.traffic) == ((), LagLimits(), RegularLoad())


def test_groups_are_named_after_the_service_and_the_topic() -> None:
    """The middleware's deployment is the service, unless another is named; an empty list is nobody."""
    topics = [*TOPICS, {"name": "answers", "groups": []}, {"name": "events", "groups": ["dispatcher"]}]
    settings = KafkaSettings(**WAY_IN, expected_topics=topics)
    renamed = KafkaSettings(**WAY_IN, service="chats", expected_topics=TOPICS)

    kafka = settings.expectations("salesforce-integration")

    assert kafka.readers == (("salesforce-integration-orders", "orders"), ("dispatcher", "events"))
    assert renamed.expectations("salesforce-integration").readers == (("chats-orders", "orders"),)


def test_settings_are_texts_as_kafka_writes_them() -> None:
    """YAML has numbers, truth values and lists."""
    topics = [{"name": "orders", "settings": {"a": 1, "b": True, "c": ["compact", "delete"]}}]

    (topic,) = KafkaSettings(**WAY_IN, expected_topics=topics).expectations("x").topics

    assert topic.settings == {"a": "1", "b": "true", "c": "compact,delete"}


@pytest.mark.parametrize("head", ["", "topics:\n"])
def test_topics_may_stand_in_a_file(tmp_path: Path, head: str) -> None:
    """Named by its full path; or its text, where a reference was resolved already."""
    file = tmp_path / "topics.yml"
    file.write_text(f"{head}- {{name: orders, partitions: 6}}\n", encoding="utf-8")
    expected = (ExpectedTopic("orders", 6, groups=("x-orders",)),)

    for value in (str(file), file.read_text(encoding="utf-8")):
        assert KafkaSettings(**WAY_IN, expected_topics=value).expectations("x").topics == expected


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"expected_topics": "/nowhere/topics.yml"}, "cannot be read"),
        ({"expected_topics": "a: ["}, "not YAML"),
        ({"bootstrap_servers": ["kafka.example.com"]}, "host:port"),
        ({"bootstrap_servers": []}, "at least 1"),
        ({"expected_topics": [{"name": "no spaces here"}]}, "topic name"),
        ({"traffic": {"window_seconds": 86_400}}, "21600"),
        ({"confluent": {"api_key": "k", "api_secret": "s", "cluster_id": "pkc-1"}}, "lkc-"),
        ({"security_protocol": "TLS"}, "SASL_SSL"),
    ],
)
def test_mistakes_are_told(changes: dict[str, Any], words: str) -> None:
    """Each with what it should look like."""
    with pytest.raises(ValidationError, match=words):
        KafkaSettings(**(WAY_IN | changes))


@pytest.mark.parametrize(
    ("kafka", "paths"),
    [
        ({}, []),
        (WAY_IN, []),
        ({"bootstrap_servers": "x:1"}, ["k.api_key", "k.api_secret"]),
        ({"security_protocol": "PLAINTEXT"}, []),
        ({"security_protocol": "SSL", "api_key": "left over"}, ["k.api_key"]),
        ({**WAY_IN, "lag": {"degraded": 10, "failing": 5}}, ["k.lag.degraded"]),
        ({**WAY_IN, "traffic": {"steps": 2}}, ["k.traffic.minimum_windows"]),
        ({**WAY_IN, "traffic": {"steps": "many"}, "lag": "high"}, []),
    ],
)
def test_what_does_not_fit_together(kafka: dict[str, Any], paths: list[str]) -> None:
    """A value of the wrong kind is somebody else's finding."""
    assert [problem.path for problem in kafka_disagreements("k", kafka)] == paths


def test_everything_in_the_domain_can_be_configured() -> None:
    """A new limit cannot be forgotten."""
    assert set(LagSettings.model_fields) == set(LagLimits.__slots__)
    assert set(TrafficSettings.model_fields) == set(RegularLoad.__slots__)


def test_every_secret_is_known_to_the_redactor() -> None:
    """Both keys of both systems, and none is shown."""
    confluent = {"api_key": "cloud-key", "api_secret": "cloud-secret", "cluster_id": "lkc-abc123"}
    settings = KafkaSettings(**WAY_IN, confluent=confluent)

    assert set(secret_values(settings)) == {"k1", "planted", "cloud-key", "cloud-secret"}
    assert "planted" not in repr(settings)
    assert settings.expectations("x").cluster_id == "lkc-abc123"


def test_the_request_for_access_names_what_is_needed() -> None:
    """So that it can be sent as it is."""
    settings = KafkaSettings(**WAY_IN, expected_topics=TOPICS)

    assert access_request(settings.expectations("x")) == (
        "ask DevOps for an API key with DESCRIBE and DESCRIBE_CONFIGS on the topics (orders) "
        "and DESCRIBE on the groups (x-orders)"
    )
    assert "topics (all)" in access_request(KafkaSettings(**WAY_IN).expectations("x"))
