"""`sfint config check --live` in the world: all is proved, or named with what to do, without a side effect."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace

import pytest
import pytest_asyncio

from lab.estate.bot_platform import TOPIC
from lab.world import INCIDENTS, World

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.modes("socket")]
"""The one line that differs in the other mode is asked for by an override."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world() -> AsyncIterator[World]:
    """Everything but the bot: the check is a process of its own."""
    async with World(with_bot=False, reach="port-forward") as opened:
        yield opened


@dataclass(frozen=True)
class Checked:
    """The exit code, and what was printed."""

    code: int
    text: str

    def line(self, subject: str, what: str) -> str:
        """The line about that, with the one that tells what to do."""
        lines = self.text.splitlines()
        (at,) = (n for n, line in enumerate(lines) if subject in line and f"  {what}  " in line)
        fix = lines[at + 1] if at + 1 < len(lines) and lines[at + 1].lstrip().startswith("->") else ""
        return f"{lines[at]}\n{fix}"

    def standings(self) -> dict[str, int]:
        """The count at the end: `39 ok, 1 missing`."""
        pairs = (part.split() for part in self.text.strip().splitlines()[-1].split(", "))
        return {standing: int(number) for number, standing in pairs}


async def check(world: World, **overrides: str) -> Checked:
    """Runs it as an administrator does, with some settings or secrets changed."""
    environment: Mapping[str, str] = {**world.bot.environment, **overrides}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "--config", str(world.bot.config), "config", "check", "--live",
        env={"PATH": os.environ.get("PATH", ""), "HOME": str(world.directory), **environment},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(60):
        output, _ = await process.communicate()
    assert process.returncode is not None
    return Checked(process.returncode, output.decode())


async def test_a_whole_installation_is_proved_and_nothing_was_touched(world: World) -> None:
    """Exit code 0; nobody paged or mailed, nothing posted, nothing changed."""
    checked = await check(world)

    assert checked.code == 0, checked.text
    assert set(checked.standings()) == {"ok", "optional"}
    assert "only needed to delete pods" in checked.line("kubernetes", "delete pods")
    assert "none was sent" in checked.text
    assert not any(secret in checked.text for secret in world.bot.environment.values())
    assert not world.pagerduty.alerts
    assert not world.smtp.mails
    assert not world.slack.messages(INCIDENTS)
    asked = [each for each in world.kubernetes.requests if each.user == world.kubernetes.bot.name]
    reads = {("list", ""), ("get", ""), ("get", "log"), ("get", "portforward")}
    assert {(each.verb, each.subresource) for each in asked} == reads
    assert "as expected" in checked.line("integrations acme-prod", "webhook")
    assert "6 partitions" in checked.line("kafka acme-prod", f"topic {TOPIC}")
    assert "broker offsets" in checked.line("kafka acme-prod", "traffic")
    assert "requests are left in this hour" in checked.line("datadog acme-prod", "spans")
    assert "Synced, Healthy" in checked.line("argocd acme-prod", "application salesforce-integration")
    assert "1 of 1 ready" in checked.line("integrations acme-prod", "service Channel")
    assert "readable" in checked.line("salesforce acme-prod", "Contact.CP_BlockedChatYalo__c")
    assert checked.line("integrations acme-prod", "list pods in integrations-core").startswith("ok")


async def test_wrong_secrets_are_named_with_their_settings(world: World) -> None:
    """Each by its own system, in one run; the wrong values are not shown."""
    wrong = "0123456789abcdef0123456789abcdef"
    checked = await check(
        world,
        SLACK_APP_TOKEN=f"xapp-{wrong}",
        ACME_SF_CLIENT_SECRET=wrong,
        PAGERDUTY_OPS=wrong,
        SMTP_PASSWORD=wrong,
        SFINT_TARGETS__ACME_PROD__REDIS__PASSWORD=wrong,
        ACME_KAFKA_SECRET=wrong,
        DATADOG_APPLICATION_KEY=wrong,
        ACME_ARGOCD_TOKEN=wrong,
    )

    assert checked.code == 1
    assert wrong not in checked.text
    expected = {
        ("slack", "app token"): ("invalid_auth", "connections:write"),
        ("salesforce", "log-in"): ("client secret is wrong", "targets.acme-prod.salesforce"),
        ("pagerduty", "key of ops"): ("Invalid routing key", "teams.ops.pagerduty_routing_key"),
        ("redis", "redis in redis-sentinel-node-0"): ("takes no password", "targets.acme-prod.redis"),
        ("kafka", "log-in"): ("refused our API key", "targets.acme-prod.kafka"),
        ("datadog", "spans"): ("scope apm_read", "targets.acme-prod.datadog"),
        ("argocd", "application salesforce-integration"): ("401", "targets.acme-prod.argocd"),
        ("e-mail", f"server {world.smtp.host}"): ("refused our user or password", "email"),
    }
    for (subject, what), words in expected.items():
        line = checked.line(subject, what)
        assert line.startswith("missing"), line
        assert all(word in line for word in words), line
    assert checked.line("redis", "sentinel in redis-sentinel-node-0").startswith("ok")
    assert not world.pagerduty.alerts


async def test_missing_rights_are_named_with_the_way_to_grant_them(world: World) -> None:
    """A verb, a scope, a channel that was left, a guest among the approvers, a workload that is not there."""
    rules, slack = world.kubernetes.bot.rules, world.slack.world
    identity, joined = slack.identity, slack.bot_channels
    world.kubernetes.bot.rules = [each for each in rules if "pods/log" not in each.resources]
    slack.identity = replace(identity, scopes=identity.scopes - {"files:write"})
    slack.bot_channels = joined - {INCIDENTS}
    try:
        checked = await check(
            world,
            SFINT_SLACK__MODE="http",
            SFINT_SLACK__SIGNING_SECRET="0123456789abcdef0123456789abcdef",
            SFINT_ROLES__APPROVER="U0ARNO001,U0GUST001,U0NOBODY01",
            SFINT_TARGETS__ACME_PROD__CHANNELS=f"{INCIDENTS},C0VENDOR01",
            SFINT_TARGETS__ACME_PROD__MIDDLEWARE__DEPLOYMENT="salesforce-integration-2",
        )
    finally:
        world.kubernetes.bot.rules, slack.identity = rules, identity
        slack.bot_channels = joined

    assert checked.code == 1
    expected = {
        ("kubernetes", "get pods/log"): ("not granted", 'resources: ["pods/log"], verbs: ["get"]'),
        ("integrations", "get pods/log in integrations-core"): ("not granted", "namespace integrations-core"),
        ("slack", "scopes"): ("files:write (evidence", "install the app again"),
        ("slack", f"channel {INCIDENTS}"): ("not a member of #inc-salesforce", "/invite @sfint"),
        ("slack", "channel C0VENDOR01"): ("shared with another company", "targets.acme-prod.channels"),
        ("slack", "people of roles.approver"): ("U0GUST001 (gus) is a guest; U0NOBODY01 is nobody",),
        ("kubernetes", "deployment salesforce-integration-2"): ("not found", "middleware.deployment"),
        ("kubernetes", "patch deployments.apps"): ("not granted", 'resourceNames: ["salesforce-integration-2"]'),
    }
    for (subject, what), words in expected.items():
        line = checked.line(subject, what)
        assert line.startswith("missing"), line
        assert all(word in line for word in words), line
    assert checked.standings()["missing"] == len(expected), checked.text
    assert checked.line("slack", "signing secret").startswith("optional")


async def test_an_expired_kubernetes_token_is_one_lack_and_leaves_the_rest_proved(world: World) -> None:
    """What it would open is unknown; Slack, Salesforce and the pagers do not depend on it."""
    world.kubernetes.expire_token()

    checked = await check(world)

    line = checked.line("kubernetes", "token")
    assert checked.code == 1
    assert line.startswith("missing")
    assert "has expired (Rancher tokens have a TTL): make a new one and put it into the kubeconfig" in line
    assert checked.standings()["missing"] == 1
    assert checked.line("kubernetes", "list pods").startswith("unknown")
    assert checked.line("redis", "redis in redis-sentinel-node-0").startswith("unknown")
    assert checked.line("salesforce", "log-in").startswith("ok")
