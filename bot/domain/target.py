"""A target: one client's integration in one environment, as names, counts and times; it holds no secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.domain.argocd import ArgoCd
from bot.domain.contact import ContactRules
from bot.domain.datadog import Datadog
from bot.domain.integrations import Integrations
from bot.domain.kafka import Kafka
from bot.domain.live_chat import LiveChat
from bot.domain.long_poll import LongPoll


class Mode(StrEnum):
    """`observe` asks and plans and changes nothing; `act` also carries out what was approved."""

    OBSERVE = "observe"
    ACT = "act"


@dataclass(frozen=True, slots=True)
class RedisEstate:
    """Where Redis and its sentinels run; the defaults are the names of the runbook and of the Bitnami chart."""

    statefulset: str = "redis-sentinel-node"
    replicas: int = 3
    master_name: str = "mymaster"
    redis_container: str = "redis"
    sentinel_container: str = "sentinel"
    redis_port: int = 6379
    sentinel_port: int = 26379
    failover_timeout_seconds: float = 180.0


@dataclass(frozen=True, slots=True)
class Middleware:
    """The Deployment that dials Redis and Salesforce."""

    deployment: str = "salesforce-integration"
    container: str = "salesforce-integration"
    log_window_seconds: int = 900


@dataclass(frozen=True, slots=True)
class Timings:
    """Every deadline and window of a target, in seconds; the runbook's values are the defaults."""

    check_seconds: float = 2.0
    approval_seconds: float = 900.0
    cooldown_seconds: float = 600.0
    evidence_seconds: float = 10.0
    snapshot_seconds: float = 60.0
    gone_seconds: float = 300.0
    ready_seconds: float = 300.0
    rollout_seconds: float = 600.0
    verify_seconds: float = 120.0
    outage_seconds: float = 120.0
    """How long a step of a run asks again when a system cannot be reached."""
    watch_seconds: float = 900.0
    watch_interval_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Target:
    """What a command is about. `channels` are the Slack channel ids that may ask for it."""

    name: str
    namespace: str
    channels: frozenset[str]
    mode: Mode = Mode.OBSERVE
    redis: RedisEstate = field(default_factory=RedisEstate)
    middleware: Middleware = field(default_factory=Middleware)
    contact: ContactRules = field(default_factory=ContactRules)
    timings: Timings = field(default_factory=Timings)
    salesforce_username: str = ""
    reset_email: str = ""
    """Where the mail with a new security token is wanted."""
    page_external: bool = False
    datadog: Datadog | None = None
    argocd: ArgoCd | None = None
    long_poll: LongPoll = field(default_factory=LongPoll)
    kafka: Kafka | None = None
    integrations: Integrations | None = None
    live_chat: LiveChat | None = None
    links: Mapping[str, str] = field(default_factory=dict)
    """Link name -> address with the placeholders of `link_names`."""

    @property
    def link_names(self) -> Mapping[str, str]:
        """What the placeholders of link templates stand for; empty where the settings do not say."""
        return {
            "target": self.name,
            "namespace": self.namespace,
            "statefulset": self.redis.statefulset,
            "deployment": self.middleware.deployment,
            "cluster": self.kafka.cluster_id if self.kafka else "",
            "service": self.datadog.service if self.datadog else self.middleware.deployment,
            "env": self.datadog.env if self.datadog else "",
            "application": self.argocd.application if self.argocd else "",
        }
