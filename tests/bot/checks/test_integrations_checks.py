"""The checks on contacts, core services and the webhook, by the real adapters over the lab's cluster and hosts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import pytest

from bot.adapters.clock import SystemClock
from bot.adapters.integrations_core import HttpRegistrations
from bot.adapters.kubernetes import KubernetesApi, KubernetesCluster, KubernetesWorkloads
from bot.adapters.kubernetes_credentials import connect_kubernetes
from bot.checks.contact import contact
from bot.checks.integrations_core import integrations_core
from bot.checks.registry import Ask, collect
from bot.checks.webhook_version import webhook_version
from bot.domain.contact import ContactRules
from bot.domain.finding import Finding, Outcome
from bot.domain.integrations import CoreService, Integrations
from bot.domain.target import Middleware, Target, Timings
from bot.domain.webhook import VersionSource, Webhook
from bot.ports.estate import Estate
from bot.readings.container_logs import LIMIT_BYTES, TAIL_LINES
from bot.usecases.run_checks import run_checks
from lab.estate.faults import Fault as HttpFault
from lab.estate.integrations_core import IntegrationsCore
from lab.estate.integrations_core.core import NAMESPACE, SERVICES
from lab.estate.kubernetes import Container, KubernetesStandIn, Runtime
from lab.estate.salesforce import SalesforceStandIn
from tests.bot.adapters.test_salesforce_crm import World as OrgWorld
from tests.fakes.estate import FakeCache
from tests.lab.estate.kubernetes.workloads import deployment

SERVICE_RULES = tuple(CoreService(name, messages="message forwarded") for name in SERVICES)
WEBHOOK = Webhook(
    3, "acme-bot", address="https://acme.example.com/v1/integrations/webhook", source=VersionSource.URL
)
RULES = Integrations(NAMESPACE, SERVICE_RULES, 1.0, 30.0, minimum_messages=3, minimum_errors=3, webhook=WEBHOOK)
TARGET = Target(
    "acme-prod",
    "integrations",
    frozenset({"C1"}),
    middleware=Middleware("web", "main", 60),
    timings=Timings(check_seconds=2.0),
    integrations=replace(RULES, contacts=("U0ADA0001", "U0OLGA001")),
)
REFUSED = (
    '{"error":"could not create chat in salesforce: this contact is blocked","severity":"error","userID":"%s"}'
)


@dataclass
class World:
    """The lab's peers, and the bot's estate in front of them."""

    kubernetes: KubernetesStandIn
    core: IntegrationsCore
    org: OrgWorld
    api: KubernetesApi
    estate: Estate

    async def ask(self, check: Ask, target: Target = TARGET) -> Finding:
        """As a status does it: with the deadline, and a crash as unknown."""
        (marked,) = (each for each in collect() if each.run is check)
        (finding,) = await run_checks([marked], target, self.estate)
        return finding

    async def until(self, code: str, words: str = "", target: Target = TARGET) -> Finding:
        """Asks the core services until that code comes with these words, as a window passes."""
        finding = await self.ask(integrations_core, target)
        async with asyncio.timeout(20):
            while finding.code != code or words not in " ".join(finding.evidence):
                await asyncio.sleep(0.1)
                finding = await self.ask(integrations_core, target)
        return finding

    async def middleware_says(self, *lines: str) -> None:
        """A middleware whose log is these lines."""

        async def say(container: Container) -> None:
            for line in lines:
                container.say(line)

        self.kubernetes.kubelet.register("acme/web", Runtime(post_start=say))
        self.kubernetes.create(deployment("web", image="acme/web:v1"))
        await self.kubernetes.until(self._web_is_there, 10.0, "the middleware's pod")

    def _web_is_there(self) -> bool:
        return bool((self.kubernetes.get("deployments", "web").get("status") or {}).get("availableReplicas"))


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """Integrations Core with traffic, an org, and no middleware yet."""
    async with AsyncExitStack() as stack:
        kubernetes = await stack.enter_async_context(KubernetesStandIn(may_read=(NAMESPACE,)))
        core = IntegrationsCore(kubernetes, every_seconds=0.05)
        await core.start()
        stack.push_async_callback(core.stop)
        org = OrgWorld(await stack.enter_async_context(SalesforceStandIn()))
        crm = org.crm(deadline_seconds=1.0)
        stack.push_async_callback(crm.aclose)
        api = await connect_kubernetes(url=kubernetes.url, token=kubernetes.token)
        stack.push_async_callback(api.close)
        registrations = HttpRegistrations(
            core.registrations.read_url(core.bot_id, "outgoing_webhook"),
            token=core.registrations.token,
            deadline_seconds=0.5,
        )
        stack.push_async_callback(registrations.aclose)
        estate = Estate(
            KubernetesCluster(api),
            KubernetesWorkloads(api),
            FakeCache(),
            crm,
            SystemClock(),
            registrations=registrations,
        )
        await kubernetes.until(
            lambda: len(kubernetes.all("pods", NAMESPACE)) == len(SERVICES), 10.0, "the services"
        )
        yield World(kubernetes, core, org, api, estate)


def coded(finding: Finding) -> tuple[str, Outcome]:
    """What decides."""
    return finding.code, finding.outcome


async def test_services_that_hand_messages_on_are_well_and_a_silent_one_is_named(world: World) -> None:
    """Channel drops what arrives: it is named with its errors, and Platform's contacts in order."""
    well = await world.until("integrations.ok", "usually")

    world.core.break_service("Channel", "context deadline exceeded")
    silent = await world.until("integrations.silent")

    assert well.outcome is Outcome.OK
    assert silent.outcome is Outcome.FAILING
    assert silent.summary.startswith("Integrations Core: Channel has no messages: 0 messages a minute (usually ")
    assert silent.evidence[0] == "Platform's contacts, in this order: U0ADA0001, U0OLGA001"
    assert any(
        "Channel: 1 of 1 pods are available" in line and "deadline exceeded" in line for line in silent.evidence
    )


async def test_after_a_silent_hour_the_same_hour_of_the_day_before_decides(world: World) -> None:
    """A "day" of four seconds: the log does not reach back to it, then there were messages in it, then none."""
    target = replace(TARGET, integrations=replace(RULES, baseline_seconds=1.0, step_seconds=4.0))
    await asyncio.sleep(2.0)
    await world.core.fall_silent()

    unknown = await world.until("integrations.cannot-tell", "not enough history", target)
    silent = await world.until("integrations.silent", "at this hour", target)
    quiet = await world.until("integrations.ok", "0 messages a minute (usually 0 at this hour)", target)

    assert unknown.outcome is Outcome.UNKNOWN
    assert "has no messages: 0 messages a minute (usually " in silent.summary
    assert "run, as quiet as usual at this hour" in quiet.summary


async def test_services_that_do_not_run_are_named(world: World) -> None:
    """Scaled to 0, then gone altogether."""
    world.kubernetes.patch("deployments", "freeway", {"spec": {"replicas": 0}}, NAMESPACE)
    scaled = await world.until("integrations.service-down")
    world.kubernetes.delete("deployments", "freeway", NAMESPACE)
    gone = await world.ask(integrations_core)

    assert scaled.outcome is Outcome.FAILING
    assert "Freeway does not run: it is scaled to 0" in scaled.summary
    assert "there is no Deployment freeway in integrations-core" in gone.summary


async def test_a_namespace_that_may_not_be_read_is_unknown(world: World) -> None:
    """The permission that is missing is named; it is no failure of the service."""
    world.kubernetes.bot.rules.clear()

    finding = await world.ask(integrations_core)

    assert coded(finding) == ("integrations.cannot-tell", Outcome.UNKNOWN)
    assert "does not allow us to get deployments" in finding.summary


async def test_only_configured_targets_are_asked(world: World) -> None:
    """Neither check applies to a target that names no services or expects no webhook."""
    bare = replace(TARGET, integrations=None)
    without = replace(TARGET, integrations=replace(RULES, webhook=None, services=()))
    checks = {each.name: each for each in collect()}

    for name in ("integrations-core", "webhook-version"):
        assert checks[name].applies(TARGET, world.estate)
        assert not checks[name].applies(bare, world.estate)
        assert not checks[name].applies(without, world.estate)


async def test_a_webhook_as_expected_and_one_that_differs(world: World) -> None:
    """Sometimes a lower version is the right one: it is told, nobody is paged for it."""
    fine = await world.ask(webhook_version)
    world.core.registrations.register("acme-bot", "outgoing_webhook", WEBHOOK.address, 4)
    other = await world.ask(webhook_version)

    assert coded(fine) == ("webhook.ok", Outcome.OK)
    assert coded(other) == ("webhook.differs", Outcome.DEGRADED)
    assert "version is 4, expected 3" in other.summary
    assert "version: 3}" in other.evidence[0]


async def test_a_webhook_that_nobody_registered(world: World) -> None:
    """With the registration as it should be."""
    world.core.registrations.forget("acme-bot", "outgoing_webhook")

    finding = await world.ask(webhook_version)

    assert coded(finding) == ("webhook.not-registered", Outcome.DEGRADED)
    assert "bot_id: acme-bot, channel: outgoing_webhook" in finding.evidence[0]
    assert "POST /api/outgoing_webhook/bots/acme-bot/healthcheck" in finding.evidence[1]


@pytest.mark.parametrize(
    "fault", [HttpFault.slow(3.0), HttpFault.html(), HttpFault.unavailable(), HttpFault.dropped()]
)
async def test_a_version_that_cannot_be_read_is_asked_of_the_team(world: World, fault: HttpFault) -> None:
    """Slow, senseless, broken: unknown, with whom to ask and which version is expected."""
    world.core.registrations.faults.add(fault)

    finding = await world.ask(webhook_version)

    assert coded(finding) == ("webhook.cannot-tell", Outcome.UNKNOWN)
    assert "ask the Integrations team, expected is version 3" in finding.summary


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"source": VersionSource.IMAGE, "pattern": r"v(\d+)\..*"}, "webhook.ok"),
        ({"source": VersionSource.IMAGE, "pattern": r"v(\d+)\..*", "version": 2}, "webhook.differs"),
        ({"source": VersionSource.IMAGE, "pattern": "main"}, "webhook.cannot-tell"),
        ({"source": VersionSource.LABEL, "label": "app", "pattern": "(api)", "version": 3}, "webhook.differs"),
        ({"source": VersionSource.LABEL, "label": "nothing"}, "webhook.cannot-tell"),
        ({"source": VersionSource.IMAGE, "deployment": "gone"}, "webhook.cannot-tell"),
        ({"source": VersionSource.NOWHERE}, "webhook.cannot-tell"),
    ],
)
async def test_a_version_in_a_tag_or_a_label(world: World, change: dict[str, object], code: str) -> None:
    """`v3.1.0` is the tag of the services' images; where nothing is configured the team must be asked."""
    webhook = replace(WEBHOOK, **{"deployment": "api", "namespace": NAMESPACE, **change})  # type: ignore[arg-type]
    target = replace(TARGET, integrations=replace(RULES, webhook=webhook))

    finding = await world.ask(webhook_version, target)

    assert finding.code == code, finding


async def test_no_refusal_is_well(world: World) -> None:
    """Other kinds of blocked are other failures; Salesforce is not even asked."""
    await world.middleware_says("Event [ChatRequestFail] : [Blocked]", "all well")

    finding = await world.ask(contact)

    assert coded(finding) == ("contact.ok", Outcome.OK)
    assert world.org.asked == 0


async def test_without_a_middleware_nothing_is_known_and_a_silent_one_refuses_nobody(world: World) -> None:
    """No Deployment, one without pods, one that logs nothing."""
    gone = await world.ask(contact)
    await world.middleware_says()
    silent = await world.ask(contact)
    world.kubernetes.patch("deployments", "web", {"spec": {"replicas": 0}})
    await world.kubernetes.until(lambda: not world.kubernetes.all("pods"), 15.0, "no pod is left")
    scaled = await world.ask(contact)

    assert [each.code for each in (gone, silent, scaled)] == ["contact.unknown", "contact.ok", "contact.unknown"]


@pytest.mark.parametrize(
    ("users", "minimum", "code", "outcome"),
    [
        (["5215512345678", "5215512345678", "5215500000000"], 1, "contact.blocked", Outcome.FAILING),
        (["5215512345678"], 2, "contact.blocked-few", Outcome.DEGRADED),
    ],
)
async def test_refusals_are_counted_by_user(
    world: World, users: Sequence[str], minimum: int, code: str, outcome: Outcome
) -> None:
    """No number of theirs is in the finding; whether the mark can be read is."""
    await world.middleware_says(*(REFUSED % user for user in users))

    finding = await world.ask(contact, replace(TARGET, contact=ContactRules(minimum_users=minimum)))

    assert coded(finding) == (code, outcome)
    assert f"({len(set(users))} user" in finding.summary
    assert "CP_BlockedChatYalo__c is readable" in finding.evidence[0]
    assert not any(user in repr(finding) for user in users)


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        (REFUSED % "5215512345678", "contact.blocked", f"refused at least {TAIL_LINES} times"),
        ("passed by", "contact.ok", "(of the middleware's log only its newest lines were read: there are more)"),
    ],
)
async def test_a_log_that_was_read_in_part_says_so(world: World, line: str, code: str, words: str) -> None:
    """Neither "so many times" nor "none" may be said of the whole window."""
    await world.middleware_says(*[line] * (TAIL_LINES + 1))

    finding = await world.ask(contact)

    assert finding.code == code
    assert words in finding.summary


async def test_a_log_without_its_newest_lines_is_unknown(world: World) -> None:
    """Whoever was refused last stands in them."""
    await world.middleware_says("x" * (LIMIT_BYTES + 1))

    finding = await world.ask(contact)

    assert coded(finding) == ("contact.unknown", Outcome.UNKNOWN)
    assert "its newest lines could not be read" in finding.summary


@pytest.mark.parametrize(
    ("hidden", "fault", "words"),
    [
        ("CP_BlockedChatYalo__c", None, "cannot be read (no such field, or no permission): cannot tell"),
        ("", HttpFault.slow(5.0, path="/services/data"), "cannot tell whether it is readable"),
        ("", HttpFault.html(path="/services/data"), "cannot tell whether it is readable"),
        ("", HttpFault.json(400, {"error": "invalid_client"}, path="/services/oauth2"), "cannot tell whether"),
    ],
)
async def test_a_mark_that_cannot_be_read_is_evidence_only(
    world: World, hidden: str, fault: HttpFault | None, words: str
) -> None:
    """The refusals stand, whatever Salesforce says, and within the deadline."""
    world.org.stand_in.org.hidden_fields.add(hidden)
    if fault is not None:
        world.org.stand_in.faults.add(fault)
    await world.middleware_says(REFUSED % "5215512345678")

    finding = await world.ask(contact)

    assert coded(finding) == ("contact.blocked", Outcome.FAILING)
    assert words in finding.evidence[0]


async def test_a_log_that_cannot_be_read_is_unknown(world: World) -> None:
    """No permission, then no token: never "nobody is blocked"."""
    await world.middleware_says(REFUSED % "5215512345678")
    world.kubernetes.bot.rules[:] = [
        rule for rule in world.kubernetes.bot.rules if "pods/log" not in rule.resources
    ]
    forbidden = await world.ask(contact)
    world.kubernetes.expire_token()
    expired = await world.ask(contact)

    assert coded(forbidden) == ("contact.unknown", Outcome.UNKNOWN)
    assert coded(expired) == ("contact.unknown", Outcome.UNKNOWN)


async def test_a_cluster_that_refuses_connections_is_unknown(world: World) -> None:
    """Every one of the three says so, and none fails."""
    await world.kubernetes.stop()
    target = replace(TARGET, integrations=replace(RULES, webhook=replace(WEBHOOK, source=VersionSource.IMAGE)))

    found = [await world.ask(check, target) for check in (contact, integrations_core, webhook_version)]

    assert {finding.outcome for finding in found} == {Outcome.UNKNOWN}
