"""A target with a live chat, its real adapters, and the hosts on loopback that they ask."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace

from bot.adapters.enhanced_chat import EnhancedChatApi
from bot.adapters.live_agent import LiveAgentChat
from bot.checks.registry import collect
from bot.domain.finding import Finding
from bot.domain.live_chat import ChatRequests, LiveChat
from bot.domain.target import Target
from bot.ports.crm import Crm
from bot.ports.estate import Estate
from bot.usecases.run_checks import asked_of, run_checks
from lab.estate.enhanced_chat import EnhancedChatStandIn
from lab.estate.live_agent import LiveAgentStandIn
from tests.bot.checks.check_world import MIDDLEWARE, TARGET, middleware_pod, workload
from tests.fakes.estate import FakeCluster, FakeCrm, FakeWorkloads, fake_estate

CHAT = LiveChat(
    chat_url="https://chat.example.com",
    buttons={"whatsapp": "573ACME00000001", "facebook": "573ACME00000002"},
    queues={"whatsapp": "WhatsApp_Support", "facebook": "Facebook Support"},
    requests=ChatRequests(window_seconds=900, minimum_users=2),
    enhanced_url="https://acme.my.salesforce-scrt.com",
)
DEADLINE_SECONDS = 0.5


@dataclass
class ChatWorld:
    """`legacy` and `successor` are the hosts; `log` is what the middleware has written."""

    stack: AsyncExitStack
    legacy: LiveAgentStandIn
    successor: EnhancedChatStandIn
    chat: LiveChat = CHAT
    log: str = ""
    has_middleware: bool = True
    cluster: FakeCluster = field(default_factory=FakeCluster)
    crm: Crm = field(default_factory=FakeCrm)

    @classmethod
    async def open(cls, stack: AsyncExitStack) -> ChatWorld:
        """Both hosts, healthy."""
        legacy = LiveAgentStandIn(buttons=tuple(CHAT.buttons.values()))
        return cls(
            stack,
            await stack.enter_async_context(legacy),
            await stack.enter_async_context(EnhancedChatStandIn()),
        )

    def agent(
        self, *, url: str = "", organization_id: str = "", deadline: float = DEADLINE_SECONDS
    ) -> LiveAgentChat:
        """The adapter as the target configures it, or with something wrong."""
        adapter = LiveAgentChat(
            url or self.legacy.url,
            organization_id=organization_id or self.legacy.organization_id,
            deployment_id=self.legacy.deployment_id,
            deadline_seconds=deadline,
        )
        self.stack.push_async_callback(adapter.aclose)
        return adapter

    def enhanced(
        self, *, url: str = "", organization_id: str = "", name: str = "Acme_Web_Chat"
    ) -> EnhancedChatApi:
        """The same for the successor."""
        adapter = EnhancedChatApi(
            url or self.successor.url,
            organization_id=organization_id or self.successor.organization_id,
            es_developer_name=name,
            deadline_seconds=DEADLINE_SECONDS,
        )
        self.stack.push_async_callback(adapter.aclose)
        return adapter

    def target(self, *, check_seconds: float = 2.0) -> Target:
        """With the live chat."""
        timings = replace(TARGET.timings, check_seconds=check_seconds)
        return replace(
            TARGET, live_chat=self.chat, timings=timings, salesforce_username="integration@acme.example.com"
        )

    def estate(self, *, agent: LiveAgentChat | None = None, enhanced: EnhancedChatApi | None = None) -> Estate:
        """All that the checks ask."""
        pod = middleware_pod()
        self.cluster.contents[TARGET.namespace] = [pod] if self.has_middleware else []
        self.cluster.log[pod.name, TARGET.middleware.container, False] = self.log
        return replace(
            fake_estate(cluster=self.cluster, workloads=FakeWorkloads(workload(MIDDLEWARE, 1))),
            crm=self.crm,
            live_agent=agent or self.agent(),
            enhanced_chat=enhanced or self.enhanced(),
        )

    async def ask(
        self,
        name: str,
        *,
        agent: LiveAgentChat | None = None,
        enhanced: EnhancedChatApi | None = None,
        check_seconds: float = 2.0,
    ) -> Finding:
        """One check, as `/sfint status` runs it."""
        target = self.target(check_seconds=check_seconds)
        estate = self.estate(agent=agent, enhanced=enhanced)
        (finding,) = await run_checks(asked_of(collect(), target, estate, names=(name,)), target, estate)
        return finding
