"""The check of the live chat's session and host, through the real adapter, against LiveAgent's faults."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from urllib.parse import quote

import httpx
import pytest

from bot.adapters.live_agent import LiveAgentChat
from bot.checks.registry import collect
from bot.domain.finding import Outcome
from bot.domain.live_chat import LiveChat
from bot.domain.redaction import Redactor
from bot.usecases.run_checks import asked_of
from lab.estate.faults import Fault
from lab.ports import free_port
from tests.bot.checks.chat_world import ChatWorld

SESSION, AVAILABILITY = "/chat/rest/System/SessionId", "/chat/rest/Visitor/Availability"
RETIREMENT = "legacy chat was retired on 14 Feb 2026"


@pytest.fixture
async def world() -> AsyncIterator[ChatWorld]:
    """Healthy at first."""
    async with AsyncExitStack() as stack:
        yield await ChatWorld.open(stack)


async def test_a_healthy_host_gives_a_session_that_is_deleted(world: ChatWorld) -> None:
    """The evidence is the packet for Salesforce's support; no session is left behind."""
    finding = await world.ask("live-chat")

    assert (finding.code, finding.outcome) == ("live-chat.ok", Outcome.OK)
    assert f"GET {world.legacy.url}{SESSION}" in finding.evidence[0]
    assert '200 {"affinityToken": "***"' in finding.evidence[0]
    assert world.legacy.sessions == {}
    assert len(world.legacy.deleted) == 1


async def test_nothing_of_a_session_is_ever_shown(world: ChatWorld) -> None:
    """Neither its key, nor its affinity token, nor its id; and the redactor has nothing left to do."""
    finding = await world.ask("live-chat")
    said = " ".join((finding.summary, *finding.evidence))

    (key,) = world.legacy.deleted
    affinity = next(each.headers for each in world.legacy.requests if each.method == "DELETE")[
        "x-liveagent-affinity"
    ]
    assert key not in said
    assert affinity not in said
    assert '"affinityToken": "***", "clientPollTimeout": 40, "id": "***", "key": "***"' in said
    assert Redactor().text(said) == said


async def test_a_moved_org_names_its_new_host(world: ChatWorld) -> None:
    """Although the old host opens sessions as if nothing had happened."""
    moved_to = await world.legacy.moves()

    finding = await world.ask("live-chat")

    assert (finding.code, finding.outcome) == ("live-chat.moved", Outcome.FAILING)
    assert moved_to in finding.summary
    assert any("SFC_CHAT_URL" in line for line in finding.evidence)
    assert any(
        line.startswith(f"GET {world.legacy.url}{SESSION} (X-LIVEAGENT-API-VERSION: 52")
        for line in finding.evidence
    )


@pytest.mark.parametrize("status", [401, 403, 404, 405, 410])
async def test_a_host_that_turns_us_away_is_failing_and_names_the_retirement(
    world: ChatWorld, status: int
) -> None:
    """Asked, and refused: one of the candidates is that the product is gone."""
    world.legacy.retires(Fault.html(status, path="/chat/rest"))

    finding = await world.ask("live-chat")

    assert (finding.code, finding.outcome) == ("live-chat.refused", Outcome.FAILING)
    assert any(RETIREMENT in line for line in finding.evidence)
    assert any(f"{status} Down for maintenance" in line for line in finding.evidence)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.unavailable(500, path="/"), "unreachable"),
        (Fault.unavailable(503, path="/"), "unreachable"),
        (Fault.rate_limited(path="/"), "unreachable"),
        (Fault.dropped(path="/"), "unreachable"),
        (Fault.silent(path="/"), "unreachable"),
        (Fault.html(200, path="/"), "unreadable"),
        (Fault.empty(200, path="/"), "unreadable"),
        (Fault.json(200, ["key", "k3y"], path="/"), "unreadable"),
        (Fault.json(200, {"id": "1", "key": "k3y"}, path="/"), "unreadable"),
        (Fault(302, headers={"Location": "https://elsewhere.example.com/x"}, path="/"), "unreadable"),
    ],
)
async def test_what_cannot_be_asked_or_read_is_unknown(world: ChatWorld, fault: Fault, code: str) -> None:
    """Never failing, never ok; with the candidates, and without what came in place of an answer."""
    world.legacy.faults.add(fault)

    finding = await world.ask("live-chat")

    assert (finding.code, finding.outcome) == (f"live-chat.{code}", Outcome.UNKNOWN)
    assert any(RETIREMENT in line for line in finding.evidence)
    assert not any("k3y" in line for line in finding.evidence)


async def test_a_refused_connection_is_unknown(world: ChatWorld) -> None:
    """Nobody listens there."""
    finding = await world.ask("live-chat", agent=world.agent(url=f"http://127.0.0.1:{free_port()}"))

    assert (finding.code, finding.outcome) == ("live-chat.unreachable", Outcome.UNKNOWN)
    assert any("cannot be reached" in line for line in finding.evidence)


async def test_ids_of_another_org_are_a_mistake_of_the_settings_first(world: ChatWorld) -> None:
    """Degraded, and nobody is paged: the session itself came."""
    finding = await world.ask("live-chat", agent=world.agent(organization_id="00DOTHER0000001"))

    assert (finding.code, finding.outcome) == ("live-chat.ids-refused", Outcome.DEGRADED)
    assert any(line.endswith("400 Invalid organization or deployment") for line in finding.evidence)


async def test_a_missing_version_header_would_be_seen(world: ChatWorld) -> None:
    """The host's words are passed on."""
    world.legacy.faults.add(Fault(400, "No version header found", path=SESSION))

    finding = await world.ask("live-chat")

    assert finding.code == "live-chat.ids-refused"
    assert any("No version header found" in line for line in finding.evidence)


async def test_a_session_that_cannot_be_deleted_is_told(world: ChatWorld) -> None:
    """It would be left to expire."""
    world.legacy.faults.add(Fault(500, "Internal Server Error", path=SESSION, method="DELETE"))

    finding = await world.ask("live-chat")

    assert (finding.code, finding.outcome) == ("live-chat.not-deleted", Outcome.DEGRADED)
    assert "500 Internal Server Error" in finding.summary


async def test_a_check_that_runs_out_of_time_leaves_no_session(world: ChatWorld) -> None:
    """The deadline strikes while the session is being made: it is deleted all the same."""
    world.legacy.faults.add(Fault(delay_seconds=0.3, path=SESSION, method="GET"))

    finding = await world.ask("live-chat", agent=world.agent(deadline=3.0), check_seconds=0.1)

    assert (finding.code, finding.outcome) == ("live-chat.unknown", Outcome.UNKNOWN)
    async with asyncio.timeout(5):
        while not world.legacy.deleted:  # noqa: ASYNC110  the deletion runs in this loop
            await asyncio.sleep(0.01)
    assert world.legacy.sessions == {}


async def test_closing_waits_for_the_deletion(world: ChatWorld) -> None:
    """A bot that is stopped leaves no session either."""
    world.legacy.faults.add(Fault(delay_seconds=0.2, path=SESSION, method="GET"))
    agent = world.agent(deadline=3.0)
    asked = asyncio.create_task(agent.open_session())
    await asyncio.sleep(0.05)
    asked.cancel()

    await agent.aclose()

    assert (len(world.legacy.deleted), world.legacy.sessions) == (1, {})


@pytest.mark.parametrize("new_url", ["d.la2.example.com/chat/rest", "https://d.la2.example.com/chat/rest/"])
async def test_a_new_host_is_shown_as_an_address(world: ChatWorld, new_url: str) -> None:
    """With or without a scheme and a path."""
    message = {"messages": [{"type": "SwitchServer", "message": {"newUrl": new_url}}]}
    world.legacy.faults.add(Fault.json(200, message, path=AVAILABILITY))

    finding = await world.ask("live-chat")

    assert finding.code == "live-chat.moved"
    assert "moved to https://d.la2.example.com;" in finding.summary


@pytest.mark.parametrize("new_url", ["", "javascript:alert(1)", "https://user@evil.example.com", None])
async def test_a_switch_to_nowhere_is_no_move(world: ChatWorld, new_url: str | None) -> None:
    """What is no address is never offered as the new one."""
    message = {"messages": [{"type": "SwitchServer", "message": {"newUrl": new_url}}]}
    world.legacy.faults.add(Fault.json(200, message, path=AVAILABILITY))

    assert (await world.ask("live-chat")).code != "live-chat.moved"


async def test_a_chat_url_may_have_its_path(world: ChatWorld) -> None:
    """As SFC_CHAT_URL often has."""
    finding = await world.ask("live-chat", agent=world.agent(url=f"{world.legacy.url}/chat/rest/"))

    assert finding.outcome is Outcome.OK


async def test_a_host_that_throws_the_keys_back_shows_none(world: ChatWorld) -> None:
    """In the answer to the deletion, plain and quoted, and in fields that nobody asked for."""
    key, affinity, identifier = "4eb9!151/9+k=", "a1b2c3d4", "f00dcafe"
    session = {"id": identifier, "key": key, "affinityToken": affinity, "clientPollTimeout": 40, "more": key}

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE":
            return httpx.Response(500, text=f"no {key} at {affinity}: {request.url.raw_path.decode()}")
        return httpx.Response(200, json=session if request.url.path.endswith("SessionId") else {"messages": []})

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    agent = LiveAgentChat("https://chat.example.com", organization_id="o", deployment_id="d", http=http)

    finding = await world.ask("live-chat", agent=agent)
    await agent.aclose()

    said = " ".join((finding.summary, *finding.evidence))
    assert finding.code == "live-chat.not-deleted"
    assert not any(secret in said for secret in (key, quote(key, safe="!="), affinity, identifier))


async def test_only_what_a_target_names_is_asked(world: ChatWorld) -> None:
    """No live chat: nothing at all. The successor alone: the legacy host is left in peace."""
    estate = world.estate()
    checks = [each for each in collect() if each.component == "live-chat" and each.name != "long-poll"]
    successor = replace(estate, live_agent=None)
    target = replace(world.target(), live_chat=LiveChat(enhanced_url="https://acme.my.salesforce-scrt.com"))

    assert {each.name for each in asked_of(checks, world.target(), estate)} == {
        "live-chat", "chat-buttons", "chat-queue", "chat-requests", "enhanced-chat",
    }  # fmt: skip
    assert [each.name for each in asked_of(checks, target, successor)] == ["chat-requests", "enhanced-chat"]
    assert asked_of(checks, replace(target, live_chat=None), successor) == []
