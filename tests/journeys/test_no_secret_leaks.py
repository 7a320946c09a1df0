"""Secrets are planted wherever the bot reads or is configured, and looked for wherever it writes."""

from __future__ import annotations

import json
from urllib.parse import quote

import aiohttp
import pytest

from lab.bot_config import Windows
from lab.estate.faults import Fault
from lab.world import World
from tests.journeys.room import APPROVE, ARNO, RITA, Room, payload, sfint

WINDOWS = Windows(cooldown=0.0, watch=0.0)
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(420)]
PERSONAL = ("canary@acme.example.com", "5215599999999")
"""What the lab's customer is called in the middleware's log."""


async def test_nothing_that_the_bot_writes_holds_a_secret(world: World, room: Room) -> None:
    """After failures that throw every secret back: no message, file, log line, database or export has one."""
    sessions = await _make_the_middleware_talk(world)
    await _throw_back_every_secret(world, room)
    await _restart_with_evidence(world, room)
    await _fail_a_repair(world, room)

    places = {
        "what Slack was sent": json.dumps([call.arguments for call in world.slack.requests], default=str),
        "what Slack shows": json.dumps(
            [[m.text, m.blocks, m.metadata] for m in world.slack.messages(room.channel)]
        ),
        "files": b"\n".join(world.slack.world.files.contents()).decode(errors="replace"),
        "the log": world.bot.log.read_text(errors="replace"),
        "the audit export": (await sfint(world, "audit", "export")).out,
        "the terminal": (await sfint(world, "status")).out,
        "pages": json.dumps(
            [event.body["payload"] for event in world.pagerduty.events if "payload" in event.body]
        ),
        **{
            f"{path.name}, byte by byte": path.read_bytes().decode("latin-1")
            for path in sorted((world.directory / "state").iterdir())
        },
    }
    assert "evidence" in places["files"].lower()
    leaks = [
        f"{name} in {place}"
        for place, text in places.items()
        for name, value in [*_planted(world), *sessions]
        if value in text
    ]
    assert leaks == []


def _planted(world: World) -> list[tuple[str, str]]:
    """Every configured secret in the forms in which it could escape, and the customer's personal data."""
    found = [(f"personal data {value}", value) for value in PERSONAL]
    secrets = dict(world.bot.environment) | {"KUBERNETES_TOKEN": world.kubernetes.token}
    for name, value in secrets.items():
        if name not in ("PATH", "HOME"):
            found += [(name, value), (f"{name} in a URL", quote(value, safe=""))]
    return found


async def _make_the_middleware_talk(world: World) -> list[tuple[str, str]]:
    """It leaks its credentials when a log-in fails, as the real one does; returns the keys of its chat."""
    status, _ = await world.middleware.connect()
    assert status == 200
    chats = list(world.live_agent.sessions.values())
    assert chats
    world.salesforce.org.flow_is_disabled = True
    world.salesforce.org.revoke_sessions()
    await world.until(lambda: _has_leaked(world), 60.0, "the middleware leaks its password")
    world.salesforce.org.flow_is_disabled = False
    keys = [("a session key", chat.key) for chat in chats]
    return [*keys, *(("an affinity token", chat.affinity_token) for chat in chats)]


async def _has_leaked(world: World) -> bool:
    await world.middleware.serves()
    pod = world.middleware.pods()[0]["metadata"]["name"]
    url = f"{world.kubernetes.url}/api/v1/namespaces/{world.middleware.namespace}/pods/{pod}/log"
    headers = {"Authorization": f"Bearer {world.kubernetes.admin_token}"}
    async with aiohttp.ClientSession(headers=headers) as session, session.get(url) as answer:
        return world.salesforce.org.password in await answer.text()


async def _throw_back_every_secret(world: World, room: Room) -> None:
    secrets = " ".join(value for _, value in _planted(world))
    told = {"error": "invalid_grant", "error_description": secrets}
    fault = world.salesforce.faults.add(Fault.json(400, told, path="/services/oauth2/token"))
    await room.card(RITA, "/sfint token-test", "sfint_report")
    await room.card(RITA, "/sfint status", "sfint_report")
    await room.type(RITA, f"/sfint freeze {world.salesforce.org.password}")
    await room.type("U0OLGA001", "/sfint thaw")
    world.salesforce.faults.remove(fault)


async def _restart_with_evidence(world: World, room: Room) -> None:
    plan = await room.card(RITA, "/sfint restart-middleware", "sfint_plan", "waiting")
    await room.click(ARNO, plan, APPROVE)
    await room.progress(payload(plan)["run_id"], "succeeded")
    await room.wait(lambda message: bool(message.files), 60.0)


async def _fail_a_repair(world: World, room: Room) -> None:
    """The API server's answer to the write carries a secret; the run ends with its words."""
    plan = await room.card(RITA, "/sfint restart-middleware", "sfint_plan", "waiting")
    world.kubernetes.faults.deny("patch", "deployments")
    await room.click(ARNO, plan, APPROVE)
    await room.progress(payload(plan)["run_id"], "failed", "stopped")
    world.kubernetes.faults.allow("patch", "deployments")
    await room.deny(ARNO, await room.card(RITA, "/sfint restart-middleware", "sfint_plan", "waiting"),
                    f"the password is {world.salesforce.org.password}")  # fmt: skip
