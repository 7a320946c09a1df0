"""What may be configured about Integrations Core: its services, their logs, and the webhook's version."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from bot.domain.integrations import ERRORS, CoreService, Integrations
from bot.domain.webhook import VersionSource, Webhook
from bot.settings.kinds import DnsName, Seconds, Url, matching
from bot.settings.section import NO_SECRET, Section

_CORE = Integrations()
_WEBHOOK = Webhook(version=1)


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as problem:
        raise ValueError(f"must be a regular expression: {problem}") from problem
    return value


Pattern = Annotated[str, AfterValidator(_pattern)]
JsonPath = Annotated[
    str,
    AfterValidator(
        matching(
            r"(?:[A-Za-z_][\w-]*|\[\d+\])(?:\.[A-Za-z_][\w-]*|\[\d+\])*",
            "must be a path as `version` or `data.registrations[0].version`",
        )
    ),
]
LabelKey = Annotated[
    str, AfterValidator(matching(r"[A-Za-z0-9]([A-Za-z0-9./_-]{0,251}[A-Za-z0-9])?", "must be the key of a label"))
]


class CoreServiceSettings(Section):
    """One service; `deployment` left out means its name in small letters, `container` the same as the Deployment.

    `messages` matches the log line of one message; without it none are counted. `errors` matches an error line.
    """

    name: Annotated[str, Field(min_length=1, max_length=40)] = Field(examples=["Dispatcher"])
    deployment: DnsName | None = Field(default=None, examples=["dispatcher"])
    container: DnsName | None = Field(default=None, examples=["dispatcher"])
    messages: Pattern = Field(default="", examples=["'message forwarded'"])
    errors: Pattern = ERRORS

    def service(self) -> CoreService:
        """The domain's value."""
        return CoreService(self.name, self.deployment or "", self.container or "", self.messages, self.errors)


class WebhookSettings(Section):
    """The registration as it should be; `webhook` left out is not compared.

    Read at `read_url` (with `token`, at `json_path`), or from the image tag (`source: image`) or the label
    (`source: label`) of `deployment`; with `source: nowhere` the bot says what to ask the Integrations team.
    """

    version: Annotated[int, Field(ge=0, le=1000)] = Field(examples=["3"])
    bot_id: str = Field(default="", examples=["acme-bot"])
    channel: Annotated[str, AfterValidator(matching(r"[A-Za-z0-9_-]{1,60}", "must be a channel's name"))] = (
        _WEBHOOK.channel
    )
    webhook: Url | None = Field(default=None, examples=["https://acme.example.com/v1/integrations/webhook"])
    source: VersionSource = VersionSource.NOWHERE
    read_url: Url | None = Field(
        default=None, examples=["https://integrations.example.com/api/outgoing_webhook/bots/acme-bot"]
    )
    json_path: JsonPath = "version"
    token: SecretStr = Field(default=NO_SECRET, examples=["env:ACME_INTEGRATIONS_TOKEN"])
    deployment: DnsName | None = Field(default=None, examples=["api"])
    label: LabelKey | None = Field(default=None, examples=["app.example.com/webhook-version"])
    pattern: Pattern = _WEBHOOK.pattern
    deadline_seconds: Seconds = 1.5

    def expected(self, namespace: str) -> Webhook:
        """The domain's value, without the secret."""
        return Webhook(
            version=self.version,
            bot_id=self.bot_id,
            channel=self.channel,
            address=self.webhook or "",
            source=self.source,
            deployment=self.deployment or "",
            namespace=namespace,
            label=self.label or "",
            pattern=self.pattern,
        )


class IntegrationsSettings(Section):
    """The core services that bring the messages, in `namespace` (the target's own when left out).

    A service is silent when a window has no message, though `minimum_messages` would be usual.
    """

    namespace: DnsName | None = Field(default=None, examples=["integrations-core"])
    services: Annotated[tuple[CoreServiceSettings, ...], Field(max_length=20)] = tuple(
        CoreServiceSettings(name=service.name) for service in _CORE.services
    )
    window_seconds: Seconds = _CORE.window_seconds
    baseline_seconds: Seconds = _CORE.baseline_seconds
    step_seconds: Seconds = _CORE.step_seconds
    minimum_messages: Annotated[int, Field(ge=1, le=1_000_000)] = _CORE.minimum_messages
    low_share: Annotated[float, Field(ge=0, lt=1)] = _CORE.low_share
    minimum_history: Annotated[float, Field(gt=0, le=100)] = _CORE.minimum_history
    minimum_errors: Annotated[int, Field(ge=1, le=1_000_000)] = _CORE.minimum_errors
    webhook: WebhookSettings | None = None

    def expectations(self) -> Integrations:
        """The domain's value; the contacts are added where the teams are known."""
        namespace = self.namespace or ""
        return Integrations(
            namespace=namespace,
            services=tuple(each.service() for each in self.services),
            window_seconds=self.window_seconds,
            baseline_seconds=self.baseline_seconds,
            step_seconds=self.step_seconds,
            minimum_messages=self.minimum_messages,
            low_share=self.low_share,
            minimum_history=self.minimum_history,
            minimum_errors=self.minimum_errors,
            webhook=self.webhook.expected(namespace) if self.webhook else None,
        )
