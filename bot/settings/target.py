"""What may be configured for one target, with the runbook's values as defaults."""

from __future__ import annotations

from dataclasses import fields
from enum import StrEnum
from typing import Annotated

from pydantic import Field, SecretStr

from bot.domain.runbook import Link
from bot.domain.salesforce import LoginFlow
from bot.domain.target import Middleware, Mode, RedisEstate, Target, Timings
from bot.settings.argocd import ArgoCdSettings
from bot.settings.contact import ContactSettings
from bot.settings.datadog import DatadogSettings
from bot.settings.integrations import IntegrationsSettings
from bot.settings.kafka import KafkaSettings
from bot.settings.kinds import (
    ApiVersion,
    ChannelId,
    DnsName,
    EmailAddress,
    ExistingFile,
    LinkTemplate,
    Listed,
    Port,
    PrivateKey,
    Seconds,
    Secret,
    Url,
)
from bot.settings.live_chat import LiveChatSettings
from bot.settings.long_poll import LongPollSettings
from bot.settings.section import NO_SECRET, Section

_REDIS = RedisEstate()
_MIDDLEWARE = Middleware()
_TIMINGS = Timings()


class KubernetesSettings(Section):
    """Exactly one way in: a kubeconfig (Rancher's works), the pod's own account, or an address with a token."""

    kubeconfig: ExistingFile | None = Field(default=None, examples=["/etc/sfint/kubeconfig"])
    context: str = ""
    in_cluster: bool = False
    url: Url | None = Field(default=None, examples=["https://rancher.example.com/k8s/clusters/c-abcde"])
    token: SecretStr = Field(default=NO_SECRET, examples=["env:KUBERNETES_TOKEN"])
    ca_file: ExistingFile | None = Field(default=None, examples=["/etc/sfint/ca.pem"])
    deadline_seconds: Seconds = 5.0


class TlsSettings(Section):
    """TLS towards Redis and its sentinels; `ca_file` empty means the system's authorities."""

    enabled: bool = False
    ca_file: ExistingFile | None = Field(default=None, examples=["/etc/sfint/redis-ca.pem"])
    cert_file: ExistingFile | None = Field(default=None, examples=["/etc/sfint/redis.pem"])
    key_file: ExistingFile | None = Field(default=None, examples=["/etc/sfint/redis.key"])
    check_hostname: bool = False
    """Off by default: pods are dialled by address, and certificates seldom name those."""


class Reach(StrEnum):
    """The way to a port of a pod: pod addresses are not routed where all we have is a Rancher kubeconfig."""

    DIRECT = "direct"
    PORT_FORWARD = "port-forward"


class RedisSettings(Section):
    """The StatefulSet with Redis and Sentinel; an empty user is the default one, an empty password is none.

    With `reach: port-forward` each connection takes a few round trips more: give `deadline_seconds` 3 or so.
    """

    reach: Reach = Reach.DIRECT
    statefulset: DnsName = _REDIS.statefulset
    replicas: Annotated[int, Field(ge=1, le=99)] = _REDIS.replicas
    master_name: Annotated[str, Field(min_length=1)] = _REDIS.master_name
    redis_container: DnsName = _REDIS.redis_container
    sentinel_container: DnsName = _REDIS.sentinel_container
    redis_port: Port = _REDIS.redis_port
    sentinel_port: Port = _REDIS.sentinel_port
    failover_timeout_seconds: Seconds = _REDIS.failover_timeout_seconds
    username: str = ""
    password: SecretStr = Field(default=NO_SECRET, examples=["env:ACME_REDIS_PASSWORD"])
    sentinel_username: str = ""
    sentinel_password: SecretStr = Field(default=NO_SECRET, examples=["env:ACME_SENTINEL_PASSWORD"])
    tls: TlsSettings = TlsSettings()
    deadline_seconds: Seconds = 1.5

    def estate(self) -> RedisEstate:
        """The names and counts, without the secrets."""
        return RedisEstate(**self.model_dump(include={field.name for field in fields(RedisEstate)}))


class MiddlewareSettings(Section):
    """The Deployment that serves the chats."""

    deployment: DnsName = _MIDDLEWARE.deployment
    container: DnsName = _MIDDLEWARE.container
    log_window_seconds: Annotated[int, Field(ge=1, le=86400)] = _MIDDLEWARE.log_window_seconds


class LimiterSettings(Section):
    """Keeps our log-ins few: Salesforce locks a user after 3 to 10 bad passwords, and counts them by the hour."""

    reuse_seconds: Annotated[float, Field(ge=0, le=3600)] = 20.0
    failures: Annotated[int, Field(ge=1, le=9)] = 3
    failure_window_seconds: Seconds = 900.0
    failures_per_day: Annotated[int, Field(ge=1, le=9)] = 5
    per_hour: Annotated[int, Field(ge=1, le=3000)] = 60
    stop_after_rate_exceeded_seconds: Seconds = 3600.0


class SalesforceSettings(Section):
    """The org that the middleware talks to, and how it logs in; which keys a flow needs is judged in agreement.py.

    `audience` is empty for the login host; `username` is for show only where the flow is client-credentials.
    `reset_email` is where the reset mail of a new password is wanted.
    """

    flow: LoginFlow = LoginFlow.PASSWORD
    login_url: Url = "https://login.salesforce.com"
    client_id: Secret = Field(examples=["env:ACME_SF_CLIENT_ID"])
    client_secret: Secret = Field(default=NO_SECRET, examples=["env:ACME_SF_CLIENT_SECRET"])
    username: str = Field(default="", examples=["integration@acme.example.com"])
    password: Secret = Field(default=NO_SECRET, examples=["env:ACME_SF_PASSWORD"])
    security_token: SecretStr = Field(default=NO_SECRET, examples=["env:ACME_SF_SECURITY_TOKEN"])
    private_key: PrivateKey = Field(default=NO_SECRET, examples=["file:/etc/sfint/acme-salesforce.key"])
    audience: Url | None = Field(default=None, examples=["https://login.salesforce.com"])
    reset_email: EmailAddress | None = Field(default=None, examples=["integrations@example.com"])
    api_version: ApiVersion = "66.0"
    deadline_seconds: Seconds = 5.0
    limiter: LimiterSettings = LimiterSettings()


class TimingSettings(Section):
    """Every deadline and window, in seconds."""

    check_seconds: Seconds = _TIMINGS.check_seconds
    approval_seconds: Seconds = _TIMINGS.approval_seconds
    cooldown_seconds: Annotated[float, Field(ge=0, le=86400)] = _TIMINGS.cooldown_seconds
    evidence_seconds: Seconds = _TIMINGS.evidence_seconds
    snapshot_seconds: Seconds = _TIMINGS.snapshot_seconds
    gone_seconds: Seconds = _TIMINGS.gone_seconds
    ready_seconds: Seconds = _TIMINGS.ready_seconds
    rollout_seconds: Seconds = _TIMINGS.rollout_seconds
    verify_seconds: Seconds = _TIMINGS.verify_seconds
    outage_seconds: Annotated[float, Field(ge=0, le=86400)] = _TIMINGS.outage_seconds
    watch_seconds: Annotated[float, Field(ge=0, le=86400)] = _TIMINGS.watch_seconds
    watch_interval_seconds: Seconds = _TIMINGS.watch_interval_seconds


ChannelIds = Annotated[frozenset[ChannelId], Listed]


EmailAddresses = Annotated[tuple[EmailAddress, ...], Listed]


class TargetSettings(Section):
    """One client's integration in one environment; channels in `default_in` need no `--target` for it."""

    channels: Annotated[ChannelIds, Field(min_length=1)] = Field(examples=['["C0INCIDENT"]'])
    default_in: ChannelIds = Field(default=frozenset(), examples=['["C0INCIDENT"]'])
    mode: Mode = Mode.OBSERVE
    page_external: bool = False
    client_admin_emails: EmailAddresses = Field(default=(), examples=['["admin@acme.example.com"]'])
    namespace: DnsName = Field(examples=["integrations"])
    kubernetes: KubernetesSettings = Field(examples=["{in_cluster: true}"])
    redis: RedisSettings = RedisSettings()
    middleware: MiddlewareSettings = MiddlewareSettings()
    salesforce: SalesforceSettings = Field(examples=["{username: integration@acme.example.com, …}"])
    kafka: KafkaSettings | None = None
    live_chat: LiveChatSettings | None = None
    datadog: DatadogSettings | None = None
    argocd: ArgoCdSettings | None = None
    long_poll: LongPollSettings = LongPollSettings()
    contact: ContactSettings = ContactSettings()
    integrations: IntegrationsSettings | None = None
    timings: TimingSettings = TimingSettings()
    links: dict[Link, LinkTemplate] = Field(default_factory=dict)

    def named(self, name: str) -> Target:
        """The domain's value: names, counts and times, no secret."""
        return Target(
            name=name,
            namespace=self.namespace,
            channels=self.channels,
            mode=self.mode,
            redis=self.redis.estate(),
            middleware=Middleware(**self.middleware.model_dump()),
            contact=self.contact.rules(),
            integrations=self.integrations.expectations() if self.integrations else None,
            timings=Timings(**self.timings.model_dump()),
            salesforce_username=self.salesforce.username,
            reset_email=self.salesforce.reset_email or "",
            page_external=self.page_external,
            kafka=self.kafka.expectations(self.middleware.deployment) if self.kafka else None,
            live_chat=self.live_chat.expectations() if self.live_chat else None,
            datadog=self.datadog.expectations() if self.datadog else None,
            argocd=self.argocd.expectations() if self.argocd else None,
            long_poll=self.long_poll.expected(),
            links={link.value: template for link, template in self.links.items()},
        )
