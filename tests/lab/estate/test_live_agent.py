"""LiveAgent's small subset: headers, sessions, honest long polling, availability."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from lab.estate.live_agent import ChatSession, LiveAgentStandIn

VERSION = {"X-LIVEAGENT-API-VERSION": "52"}


@pytest.fixture
async def agent() -> AsyncIterator[LiveAgentStandIn]:
    async with LiveAgentStandIn(poll_seconds=0.3) as stand_in:
        yield stand_in


@pytest.fixture
async def client(agent: LiveAgentStandIn) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{agent.url}/chat/rest", headers=VERSION) as session:
        yield session


@pytest.fixture
async def session(agent: LiveAgentStandIn, client: httpx.AsyncClient) -> ChatSession:
    """A fresh session."""
    answer = await client.get("/System/SessionId", headers={"X-LIVEAGENT-AFFINITY": "null"})
    return agent.sessions[answer.json()["key"]]


async def poll(client: httpx.AsyncClient, session: ChatSession) -> httpx.Response:
    """One long poll with the session's own headers."""
    headers = {
        "X-LIVEAGENT-SESSION-KEY": session.key,
        "X-LIVEAGENT-AFFINITY": session.affinity_token,
    }
    return await client.get("/System/Messages", params={"ack": "-1"}, headers=headers)


async def test_version_header_is_required(agent: LiveAgentStandIn) -> None:
    """Without it: 400 and the documented words."""
    async with httpx.AsyncClient() as bare:
        response = await bare.get(f"{agent.url}/chat/rest/System/SessionId")

    assert (response.status_code, response.text) == (400, "No version header found")


async def test_poll_is_204_when_nothing_happens_and_200_as_soon_as_something_does(
    client: httpx.AsyncClient, session: ChatSession
) -> None:
    """The poll waits for an event, not for the clock."""
    nothing = await poll(client, session)
    waiting = asyncio.create_task(poll(client, session))
    session.push("ChatMessage", text="hello")
    something = await waiting

    assert nothing.status_code == 204
    assert something.json()["messages"] == [{"type": "ChatMessage", "message": {"text": "hello"}}]
    assert something.json()["sequence"] == 1


async def test_second_poll_at_once_ends_the_chat(client: httpx.AsyncClient, session: ChatSession) -> None:
    """409 for the duplicate, and the session is gone."""
    first = asyncio.create_task(poll(client, session))
    while not session.is_polled:  # noqa: ASYNC110 -- the flag is set by the server in this loop
        await asyncio.sleep(0.01)

    assert (await poll(client, session)).status_code == 409
    assert (await first).status_code == 403
    assert (await poll(client, session)).status_code == 403


async def test_other_affinity_is_503_until_reconnected(client: httpx.AsyncClient, session: ChatSession) -> None:
    """503 means: reconnect, then go on with the new token."""
    stale = ChatSession(session.id, session.key, "elsewhere")
    refused = await poll(client, stale)
    headers = {"X-LIVEAGENT-SESSION-KEY": session.key, "X-LIVEAGENT-AFFINITY": "null"}
    answer = await client.get("/System/ReconnectSession?ReconnectSession.offset=1", headers=headers)

    message = answer.json()["messages"][0]["message"]
    assert refused.status_code == 503
    assert message == {"resetSequence": True, "affinityToken": session.affinity_token}
    after = await poll(client, session)
    assert [event["type"] for event in after.json()["messages"]] == ["ChasitorSessionData"]


async def test_deleted_session_is_forbidden(client: httpx.AsyncClient, session: ChatSession) -> None:
    """A session that was given back is not found."""
    headers = {"X-LIVEAGENT-SESSION-KEY": session.key, "X-LIVEAGENT-AFFINITY": session.affinity_token}
    deleted = await client.delete(f"/System/SessionId/{session.key}", headers=headers)

    assert (deleted.status_code, (await poll(client, session)).status_code) == (200, 403)


async def test_availability_tells_agents_and_a_moved_host(
    agent: LiveAgentStandIn, client: httpx.AsyncClient
) -> None:
    """No isAvailable without an agent; SwitchServer once the org has moved."""
    params = {
        "org_id": agent.organization_id,
        "deployment_id": agent.deployment_id,
        "Availability.ids": f"[{agent.buttons[0]}]",
    }
    online = (await client.get("/Visitor/Availability", params=params)).json()["messages"][0]
    agent.available_buttons.clear()
    offline = (await client.get("/Visitor/Availability", params=params)).json()["messages"][0]
    agent.moved_to = "https://d.la2.example.com"
    moved = (await client.get("/Visitor/Availability", params=params)).json()["messages"][0]

    assert online["message"]["results"][0]["isAvailable"] is True
    assert offline["message"]["results"] == [{"id": agent.buttons[0]}]
    assert (moved["type"], moved["message"]["newUrl"]) == (
        "SwitchServer",
        "https://d.la2.example.com/chat/rest",
    )
