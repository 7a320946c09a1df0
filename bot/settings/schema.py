"""What may be configured: the bot's own sections, and the targets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from bot.domain.actor import Role, Roles
from bot.domain.runbook import Team
from bot.domain.target import Target
from bot.settings.examples import secret_values
from bot.settings.kinds import (
    AppToken,
    BotToken,
    ChannelId,
    EmailAddress,
    ExistingFile,
    FernetKey,
    GroupId,
    LinkTemplate,
    Listed,
    Port,
    Seconds,
    Secret,
    TargetName,
    TeamId,
    Url,
    UrlPath,
    UserId,
    UserIdOrAll,
)
from bot.settings.kubeconfig import kubeconfig_secrets, service_account_secrets
from bot.settings.section import NO_SECRET, Section
from bot.settings.target import EmailAddresses, TargetSettings


class SlackHttpSettings(Section):
    """Where signed requests are taken in `mode: http`; a proxy in front of it ends TLS."""

    host: str = "127.0.0.1"
    port: Port = 3000
    path: UrlPath = "/slack/events"


class SlackSettings(Section):
    """How to reach Slack; `audit_channel` is where the head of the audit chain is posted, if anywhere.

    `mode: socket` needs `app_token`, `mode: http` needs `signing_secret`; agreement.py sees to it.
    """

    mode: Literal["socket", "http"] = "socket"
    api_url: Url = "https://slack.com/api/"
    bot_token: BotToken = Field(examples=["env:SLACK_BOT_TOKEN"])
    app_token: AppToken = Field(default=NO_SECRET, examples=["env:SLACK_APP_TOKEN"])
    signing_secret: Secret = Field(default=NO_SECRET, examples=["env:SLACK_SIGNING_SECRET"])
    http: SlackHttpSettings = SlackHttpSettings()
    team_id: TeamId = Field(examples=["T0ACME"])
    audit_channel: ChannelId | None = Field(default=None, examples=["C0AUDIT"])
    audit_every_seconds: Seconds = 3600.0


Days = Annotated[float, Field(gt=0, le=36500)]


class KeepSettings(Section):
    """How many days things are kept after they are over. The audit log is kept for ever: it is a chain."""

    inbox_days: Days = 7.0
    outbox_days: Days = 30.0
    pages_days: Days = 365.0
    runs_days: Days = 365.0
    logins_days: Annotated[float, Field(ge=1, le=36500)] = 2.0
    prune_every_seconds: Seconds = 3600.0


class StoreSettings(Section):
    """The bot's own state, and the keys that its inbox is encrypted with, newest first."""

    directory: Path = Path("/var/lib/sfint")
    inbox_keys: Annotated[tuple[FernetKey, ...], Listed, Field(min_length=1)] = Field(
        examples=["env:SFINT_INBOX_KEYS"]
    )
    keep: KeepSettings = KeepSettings()


class HealthSettings(Section):
    """Where /healthz and /readyz answer."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080


class LogSettings(Section):
    """What is written to the log."""

    level: Literal["debug", "info", "warning", "error"] = "info"


class TracingSettings(Section):
    """Where traces are sent, by OTLP over HTTP; nowhere by default."""

    otlp_endpoint: Url | None = Field(default=None, examples=["http://otel-collector:4318"])


UserIds = Annotated[frozenset[UserIdOrAll], Listed]


class RoleSettings(Section):
    """Who may do what; nobody, unless named here."""

    viewer: UserIds = Field(default=frozenset(), examples=['["*"]'])
    requester: UserIds = Field(default=frozenset(), examples=['["U0ALICE"]'])
    approver: UserIds = Field(default=frozenset(), examples=['["U0BOB"]'])
    operator: UserIds = Field(default=frozenset(), examples=['["U0CAROL"]'])


class TeamSettings(Section):
    """How a team is paged; `contacts` are its people, named in the order in which to call them."""

    slack_group: GroupId | None = Field(default=None, examples=["S0OPS"])
    pagerduty_routing_key: SecretStr = Field(default=NO_SECRET, examples=["env:PAGERDUTY_OPS_KEY"])
    leader: UserId | None = Field(default=None, examples=["U0LEADER"])
    contacts: Annotated[tuple[UserId, ...], Listed] = Field(default=(), examples=['["U0DAVE", "U0ERIN"]'])
    emails: EmailAddresses = Field(default=(), examples=['["salesforce-team@example.com"]'])


class PagerdutySettings(Section):
    """The Events API v2."""

    url: Url = "https://events.pagerduty.com"
    deadline_seconds: Seconds = 5.0

    @property
    def events_url(self) -> str:
        """Where events are posted."""
        return f"{self.url.rstrip('/')}/v2/enqueue"


class EmailSettings(Section):
    """SMTP submission. Without a user no log-in; `ca_file` empty means the system's authorities.

    `ticket` is the address of a ticket form that the mail shows, with the placeholders of links.
    """

    host: Annotated[str, Field(min_length=1)] = Field(examples=["smtp.example.com"])
    port: Port = 587
    username: str = ""
    password: SecretStr = Field(default=NO_SECRET, examples=["env:SMTP_PASSWORD"])
    starttls: bool = True
    ca_file: ExistingFile | None = Field(default=None, examples=["/etc/sfint/smtp-ca.pem"])
    sender: EmailAddress = Field(alias="from", examples=["sfint@example.com"])
    reply_to: EmailAddress | None = Field(default=None, examples=["oncall@example.com"])
    ticket: LinkTemplate | None = Field(default=None, examples=["https://tickets.example.com/new?target={target}"])
    deadline_seconds: Seconds = 15.0
    patience_seconds: Seconds = 900.0
    """How long a refused-for-now recipient, or provider, is tried again although others have the page."""


class Settings(Section):
    """Everything. Get one from `load_settings`, which also checks what takes two settings to see."""

    slack: SlackSettings
    store: StoreSettings
    health: HealthSettings = HealthSettings()
    log: LogSettings = LogSettings()
    tracing: TracingSettings = TracingSettings()
    roles_: RoleSettings = Field(default=RoleSettings(), alias="roles")
    teams: dict[Team, TeamSettings] = Field(default_factory=dict)
    pagerduty: PagerdutySettings = PagerdutySettings()
    email: EmailSettings | None = None
    targets: Annotated[dict[TargetName, TargetSettings], Field(min_length=1)]

    def roles(self) -> Roles:
        """Who holds which role."""
        return Roles({role: getattr(self.roles_, role.value) for role in Role})

    def target(self, name: str) -> Target:
        """The target called `name`; KeyError for one that is not configured."""
        target = self.targets[name].named(name)
        platform = self.teams.get(Team.PLATFORM)
        if target.integrations is None or platform is None:
            return target
        return replace(target, integrations=replace(target.integrations, contacts=platform.contacts))

    def default_target_for(self, channel: str) -> str | None:
        """The name of the target that a command without `--target` means in this channel."""
        return next((name for name, target in self.targets.items() if channel in target.default_in), None)

    def secrets(self) -> tuple[str, ...]:
        """Every secret value, longest first, so that one within another is masked whole."""
        known = {*secret_values(self), *self._kubernetes_secrets()}
        return tuple(sorted(known, key=lambda secret: (-len(secret), secret)))

    def _kubernetes_secrets(self) -> list[str]:
        ways = [target.kubernetes for target in self.targets.values()]
        files = [way.kubeconfig for way in ways if way.kubeconfig is not None]
        found = [secret for file in files for secret in kubeconfig_secrets(file)]
        return [*found, *service_account_secrets()] if any(way.in_cluster for way in ways) else found
