"""The rehearsal world: estate, Slack and the real bot, started together and gone together."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from lab.bot_config import (
    CHAT_QUEUE,
    MAILBOXES,
    REQUEST_PATH,
    TARGET,
    TEAMS,
    Windows,
    bot_environment,
    bot_settings,
    write_config,
)
from lab.bot_process import BotProcess
from lab.estate.argocd import ArgoCdStandIn
from lab.estate.bot_platform import TOPIC, BotPlatform
from lab.estate.confluent import ConfluentStandIn
from lab.estate.datadog import DatadogStandIn
from lab.estate.integrations_core import IntegrationsCore
from lab.estate.integrations_core.core import NAMESPACE as CORE_NAMESPACE
from lab.estate.kafka import KafkaStandIn
from lab.estate.kubernetes import KubernetesStandIn
from lab.estate.live_agent import LiveAgentStandIn
from lab.estate.middleware_deployment import MiddlewareDeployment
from lab.estate.pagerduty import PagerDutyStandIn
from lab.estate.redis_pods import RedisPods
from lab.estate.salesforce import SalesforceStandIn
from lab.estate.salesforce.chat_setup import open_chat_queue
from lab.estate.smtp import SmtpStandIn
from lab.integrations_config import TOKEN_VARIABLE, integrations_section
from lab.kafka_config import kafka_environment, kafka_section
from lab.ports import free_port
from lab.slack.server import SlackStandIn
from lab.slack.workspace import acme_workspace
from lab.visitors import Visitors

INCIDENTS = "C0INCSF001"
WORKLOADS = ("redis-sentinel-node", "salesforce-integration")
"""As the chart names them in the Role: the bot may change no other."""
MODES = ("socket", "http")
AGENTS = ("Ada Agent", "Ben Agent")
REQUESTER, APPROVER = "U0RITA001", "U0ARNO001"


class World:
    """Use as `async with World() as world`. Everything is healthy at first.

    `reach` is the bot's way to Redis: `direct`, or `port-forward` with the permission for it.
    `mode` is Slack's way to the bot: `socket`, or `http` for signed requests.
    `has_confluent` lets the bot read traffic from Confluent's metrics, which know no window as short as the lab's.
    """

    def __init__(
        self,
        *,
        windows: Windows | None = None,
        with_bot: bool = True,
        slack_port: int = 0,
        reach: str = "direct",
        mode: str = "socket",
        has_confluent: bool = False,
    ) -> None:
        self.windows = windows or Windows()
        self.http_port = free_port() if mode == "http" else None
        self.slack = SlackStandIn(acme_workspace(), http_request_url=self._request_url)
        self.reach = reach
        self.kubernetes = KubernetesStandIn(
            may_port_forward=reach == "port-forward", may_read=(CORE_NAMESPACE,), may_change=WORKLOADS
        )
        self.integrations = IntegrationsCore(self.kubernetes)
        self.argocd = ArgoCdStandIn(self.kubernetes)
        self.redis = RedisPods(self.kubernetes)
        self.salesforce = SalesforceStandIn()
        self.live_agent = LiveAgentStandIn()
        open_chat_queue(self.salesforce.org, self.live_agent.buttons[0], CHAT_QUEUE, AGENTS)
        self.datadog = DatadogStandIn()
        self.kafka = KafkaStandIn()
        self.confluent = ConfluentStandIn(self.kafka.cluster)
        self.has_confluent = has_confluent
        self.bot_key = self.kafka.accounts.add("SFINTKEY00000001")
        self.middleware_key = self.kafka.accounts.add("MIDDLEWAREKEY001")
        self.pagerduty = PagerDutyStandIn(TEAMS)
        self.smtp = SmtpStandIn(MAILBOXES)
        self.middleware = MiddlewareDeployment(
            self.kubernetes,
            self.salesforce,
            self.live_agent,
            self.redis.sentinel_address,
            datadog=self.datadog,
            kafka=self._kafka_variables,
        )
        self.platform = BotPlatform(self.kafka, readers=(f"{self.middleware.name}-{TOPIC}",))
        self.visitors = Visitors(self.middleware, self.live_agent)
        self._with_bot = with_bot
        self._slack_port = slack_port
        self.remembered_password = ("", "")
        self._stack = contextlib.AsyncExitStack()
        self.bot: BotProcess
        self.directory: Path

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _start(self) -> None:
        self.directory = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="sfint-lab-")))
        await self.slack.start(self._slack_port)
        self._stack.push_async_callback(self.slack.stop)
        peers = (
            self.kubernetes,
            self.salesforce,
            self.live_agent,
            self.datadog,
            self.argocd,
            self.pagerduty,
            self.smtp,
        )
        for part in (*peers, self.kafka, self.confluent, self.integrations):
            await part.start()
            self._stack.push_async_callback(part.stop)
        await self.platform.start(self._kafka_ca_file())
        self._stack.push_async_callback(self.platform.stop)
        await self.redis.start()
        await self.redis.ready(30.0)
        await self.middleware.start()
        self._stack.push_async_callback(self.middleware.stop)
        await self.middleware.until_ready()
        await self.visitors.start()
        self._stack.push_async_callback(self.visitors.stop)
        self.argocd.application.adopt("deployments", self.middleware.name)
        self.argocd.application.adopt("statefulsets", self.redis.layout.name)
        self.bot = self.make_bot()
        self._stack.push_async_callback(self.bot.stop)
        if self._with_bot:
            await self.bot.start()
            await self.bot.until_ready()

    async def until(self, is_so: Callable[[], Awaitable[bool]], seconds: float, what: str) -> None:
        """Asks the estate again and again until that holds; TimeoutError names what did not come."""
        deadline = time.monotonic() + seconds
        while not await is_so():
            if time.monotonic() > deadline:
                raise TimeoutError(f"not within {seconds:g} s: {what}")
            await asyncio.sleep(0.2)

    def _kafka_ca_file(self) -> Path:
        return self.kafka.certificate.write_authority(self.directory / "kafka-ca.pem")

    def _kafka_variables(self) -> dict[str, str]:
        host, port = self.kafka.cluster.address
        return {
            "KAFKA_HOST": host,
            "KAFKA_PORT": str(port),
            "KAFKA_USER": self.middleware_key.key,
            "KAFKA_PASSWORD": self.middleware_key.secret,
            "KAFKA_TOPIC": TOPIC,
            "LAB_KAFKA_CA_FILE": str(self.directory / "kafka-ca.pem"),
        }

    @property
    def _request_url(self) -> str | None:
        return f"http://127.0.0.1:{self.http_port}{REQUEST_PATH}" if self.http_port else None

    @property
    def page_url(self) -> str:
        """Where a person sits, in the incident channel as the requester."""
        return f"{self.slack.page_url}?as={REQUESTER}&channel={INCIDENTS}"

    def make_bot(self, *, module: tuple[str, ...] = ("-m", "bot")) -> BotProcess:
        """Writes the configuration and prepares (does not start) the process."""
        port = free_port()
        state = self.directory / "state"
        state.mkdir(exist_ok=True)
        settings = bot_settings(
            directory=state,
            health_port=port,
            slack=self.slack,
            pagerduty=self.pagerduty,
            smtp=self.smtp,
            smtp_ca_file=self.smtp.certificate.write_authority(self.directory / "smtp-ca.pem"),
            salesforce=self.salesforce,
            live_agent=self.live_agent,
            datadog=self.datadog,
            argocd=self.argocd,
            kubeconfig=self.kubernetes.write_kubeconfig(self.directory / "kubeconfig"),
            windows=self.windows,
            reach=self.reach,
            http_port=self.http_port,
        )
        confluent = self.confluent if self.has_confluent else None
        ca_file = self.directory / "kafka-ca.pem"
        settings["targets"][TARGET]["kafka"] = kafka_section(self.kafka, ca_file, confluent)
        settings["targets"][TARGET]["integrations"] = integrations_section(
            self.integrations, self.windows.integrations
        )
        config = write_config(self.directory / "sfint.yml", settings)
        environment = bot_environment(
            self.slack, self.pagerduty, self.smtp, self.salesforce, self.datadog, self.argocd
        )
        environment |= kafka_environment(self.bot_key, confluent)
        environment[TOKEN_VARIABLE] = self.integrations.registrations.token
        return BotProcess(config, environment, port, self.directory / "bot.log", module=module)
