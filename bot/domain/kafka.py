"""What a target expects of Kafka: its topics, who reads them, how far behind they may be, the regular load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ExpectedTopic:
    """A topic as it should be; None means that any value will do. `groups` are those that must be reading it."""

    name: str
    partitions: int | None = None
    replication_factor: int | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    """Kafka's own names, e.g. `retention.ms`, `cleanup.policy`."""
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LagLimits:
    """Messages that a group may be behind on one topic."""

    degraded: int = 1_000
    failing: int = 10_000


@dataclass(frozen=True, slots=True)
class RegularLoad:
    """How traffic is judged: the window that ends now, against the same one `steps` times `step_seconds` earlier.

    The defaults compare this hour with the same hour of the six days before; a week of retention holds no more.
    """

    window_seconds: float = 3_600.0
    step_seconds: float = 86_400.0
    steps: int = 6
    quiet_ratio: float = 0.2
    """Below this share of the regular load a topic is quiet."""
    minimum_windows: int = 3
    """Fewer earlier windows with a figure are not enough history."""
    minimum_messages: int = 30
    """A smaller regular load in a window says nothing when it falls."""


@dataclass(frozen=True, slots=True)
class Kafka:
    """Without topics nothing is judged, only shown. `cluster_id` fills links (Confluent's `lkc-…`)."""

    topics: tuple[ExpectedTopic, ...] = ()
    lag: LagLimits = field(default_factory=LagLimits)
    traffic: RegularLoad = field(default_factory=RegularLoad)
    cluster_id: str = ""
    service: str = ""
    """Groups whose name begins with it and a dash are the middleware's own."""
    settling_seconds: float = 60.0
    """A pod of the middleware younger than this may not have joined its group yet."""

    @property
    def topic_names(self) -> tuple[str, ...]:
        """The expected topics' names."""
        return tuple(topic.name for topic in self.topics)

    @property
    def readers(self) -> tuple[tuple[str, str], ...]:
        """Every (group, topic) that should be."""
        return tuple((group, topic.name) for topic in self.topics for group in topic.groups)


def access_request(kafka: Kafka) -> str:
    """What to ask DevOps for when Kafka does not let us look; the least that the checks need."""
    cluster = f" on cluster {kafka.cluster_id}" if kafka.cluster_id else ""
    topics = ", ".join(kafka.topic_names) or "all"
    groups = ", ".join(dict.fromkeys(group for group, _ in kafka.readers)) or "all"
    return (
        f"ask DevOps for an API key{cluster} with DESCRIBE and DESCRIBE_CONFIGS on the topics ({topics}) "
        f"and DESCRIBE on the groups ({groups})"
    )
