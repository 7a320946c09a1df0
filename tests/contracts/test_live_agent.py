"""The chat REST interface over plain HTTP: headers, sessions, long polls, reconnect, availability, events.

What is asserted here is the documented contract; a peer is a host with an organisation, a deployment and a button,
and a way to be its agents.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest

from lab.estate.live_agent import ChatSession, LiveAgentStandIn

VERSION = {"X-LIVEAGENT-API-VERSION": "52"}
NO_SERVER_YET = {"X-LIVEAGENT-AFFINITY": "null"}


@dataclass
class Visitor:
    """A client that follows the documentation to the letter."""

    http: httpx.AsyncClient
    agent: LiveAgentStandIn
    key: str = ""
    id: str = ""
    affinity: str = ""
    ack: int = -1
    offset: int = 0
    sequence: int = 0
    seen: list[str] = field(default_factory=list)

    @property
    def session(self) -> ChatSession:
        """The other side of it."""
        return self.agent.sessions[self.key]

    @property
    def headers(self) -> dict[str, str]:
        """Those of every request within the session."""
        return {"X-LIVEAGENT-AFFINITY": self.affinity, "X-LIVEAGENT-SESSION-KEY": self.key}

    async def open(self) -> httpx.Response:
        """SessionId."""
        answer = await self.http.get("/System/SessionId", headers=NO_SERVER_YET)
        body = answer.json()
        self.key, self.id, self.affinity = body["key"], body["id"], body["affinityToken"]
        return answer

    async def post(self, resource: str, sequence: int | None = None, **document: object) -> httpx.Response:
        """The next POST, or one with a number of its own."""
        if sequence is None:
            self.sequence += 1
        number = {"X-LIVEAGENT-SEQUENCE": str(self.sequence if sequence is None else sequence)}
        return await self.http.post(f"/Chasitor/{resource}", headers=self.headers | number, json=document)

    async def request_chat(self, **changes: object) -> httpx.Response:
        """ChasitorInit for the first button."""
        document = {
            "organizationId": self.agent.organization_id,
            "deploymentId": self.agent.deployment_id,
            "buttonId": self.agent.buttons[0],
            "sessionId": self.id,
            "visitorName": "Ana",
            "prechatDetails": [],
            "prechatEntities": [],
            "receiveQueueUpdates": True,
            "isPost": True,
        }
        return await self.post("ChasitorInit", **(document | changes))

    async def poll(self) -> httpx.Response:
        """One long poll; what it brings is acknowledged by the next."""
        answer = await self.http.get("/System/Messages", params={"ack": str(self.ack)}, headers=self.headers)
        if answer.status_code == 200:
            body = answer.json()
            self.ack, self.offset = body["sequence"], body["offset"]
            self.seen += [message["type"] for message in body["messages"]]
        return answer

    async def availability(self, *buttons: str, **changes: str) -> httpx.Response:
        """With the version header only."""
        params = {
            "org_id": self.agent.organization_id,
            "deployment_id": self.agent.deployment_id,
            "Availability.ids": f"[{','.join(buttons)}]",
            "Availability.needEstimatedWaitTime": "1",
        }
        return await self.http.get("/Visitor/Availability", params=params | changes)


@pytest.fixture
async def agent() -> AsyncIterator[LiveAgentStandIn]:
    """A host with one button and agents online."""
    async with LiveAgentStandIn(poll_seconds=0.15) as stand_in:
        yield stand_in


@pytest.fixture
async def visitor(agent: LiveAgentStandIn) -> AsyncIterator[Visitor]:
    """One with a session."""
    async with httpx.AsyncClient(base_url=f"{agent.url}/chat/rest", headers=VERSION) as http:
        one = Visitor(http, agent)
        await one.open()
        yield one


async def test_a_session_has_three_values_and_a_poll_time_out(visitor: Visitor) -> None:
    """All that a client needs, and seconds between 30 and 40."""
    body = (await visitor.open()).json()

    assert set(body) == {"id", "key", "affinityToken", "clientPollTimeout"}
    assert all(isinstance(body[name], str) and body[name] for name in ("id", "key", "affinityToken"))
    assert 30 <= body["clientPollTimeout"] <= 40


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/System/SessionId"),
        ("GET", "/System/Messages?ack=-1"),
        ("GET", "/System/ReconnectSession?ReconnectSession.offset=0"),
        ("DELETE", "/System/SessionId/some-key"),
        ("POST", "/Chasitor/ChasitorInit"),
        ("GET", "/Visitor/Availability"),
    ],
)
async def test_no_resource_answers_without_a_version(agent: LiveAgentStandIn, method: str, path: str) -> None:
    """400, with words that clients know."""
    async with httpx.AsyncClient() as bare:
        answer = await bare.request(method, f"{agent.url}/chat/rest{path}", headers=NO_SERVER_YET)

    assert (answer.status_code, answer.text) == (400, "No version header found")


@pytest.mark.parametrize("headers", [{}, {"X-LIVEAGENT-AFFINITY": "a1b2c3d4"}])
async def test_a_first_session_names_the_affinity_null(visitor: Visitor, headers: dict[str, str]) -> None:
    """The literal word; a client has no server before it has a session."""
    assert (await visitor.http.get("/System/SessionId", headers=headers)).status_code == 400


async def test_paths_and_methods_that_are_none_are_refused(visitor: Visitor) -> None:
    """404 and 405."""
    assert (await visitor.http.get("/System/Nothing")).status_code == 404
    assert (await visitor.http.post("/System/SessionId")).status_code == 405


async def test_a_chat_begins_waits_and_ends_by_events(visitor: Visitor) -> None:
    """One after the other, each acknowledged; the last one ends the session."""
    assert (await visitor.request_chat()).status_code == 200
    await visitor.poll()
    visitor.session.wait_in_queue(2, 40)
    visitor.session.accept()
    await visitor.poll()
    visitor.session.say("Good morning")
    visitor.session.transfer("Ben")
    visitor.session.lose_agent()
    await visitor.poll()
    visitor.session.end("agent")
    last = await visitor.poll()

    assert visitor.seen == [
        "ChatRequestSuccess",
        "QueueUpdate",
        "ChatEstablished",
        "ChatMessage",
        "ChatTransferred",
        "AgentDisconnect",
        "ChatEnded",
    ]
    assert last.json()["messages"][0]["message"] == {"reason": "agent"}
    assert (await visitor.poll()).status_code == 403


async def test_nothing_new_is_204_without_a_body(visitor: Visitor) -> None:
    """Normal, and no offset in it."""
    answer = await visitor.poll()

    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("reason", ["Unavailable", "Blocked", "InternalFailure", "SomethingNew"])
async def test_a_failed_request_tells_its_reason_and_ends(visitor: Visitor, reason: str) -> None:
    """After the event there is no session."""
    await visitor.request_chat()
    visitor.session.fail(reason)

    answer = await visitor.poll()

    assert answer.json()["messages"][-1] == {"type": "ChatRequestFail", "message": {"reason": reason}}
    assert (await visitor.poll()).status_code == 403


async def test_no_agent_and_a_block_rule_fail_the_request(visitor: Visitor) -> None:
    """The two reasons that the runbook knows, by their causes."""
    visitor.agent.available_buttons.clear()
    await visitor.request_chat()
    unavailable = (await visitor.poll()).json()["messages"][-1]["message"]
    await visitor.open()
    visitor.sequence, visitor.agent.blocks_visitors = 0, True
    await visitor.request_chat()
    blocked = (await visitor.poll()).json()["messages"][-1]["message"]

    assert (unavailable, blocked) == ({"reason": "Unavailable"}, {"reason": "Blocked"})


async def test_posts_are_counted_and_done_once(visitor: Visitor) -> None:
    """A repetition changes nothing, a gap is only accepted, a missing number is a mistake."""
    await visitor.request_chat()
    again = await visitor.request_chat(buttonId="573ACME00000009", sequence=1)
    later = await visitor.post("ChatMessage", sequence=5, text="too early")
    none = await visitor.http.post("/Chasitor/ChatMessage", headers=visitor.headers, json={"text": "hello"})
    await visitor.poll()

    assert (again.status_code, later.status_code, none.status_code) == (200, 202, 400)
    assert visitor.seen == ["ChatRequestSuccess"]
    assert (await visitor.post("ChatMessage", sequence=2, text="in time")).status_code == 200


@pytest.mark.parametrize("body", [b"no json", b"[1]"])
async def test_a_body_that_is_no_object_is_refused(visitor: Visitor, body: bytes) -> None:
    """400."""
    headers = visitor.headers | {"X-LIVEAGENT-SEQUENCE": "1"}
    answer = await visitor.http.post("/Chasitor/ChasitorInit", headers=headers, content=body)

    assert answer.status_code == 400


async def test_a_visitor_may_end_the_chat(visitor: Visitor) -> None:
    """ChatEnd is a POST as any other."""
    await visitor.request_chat()
    await visitor.post("ChatEnd", reason="client")
    await visitor.poll()

    assert visitor.seen == ["ChatRequestSuccess", "ChatEnded"]


async def test_a_second_poll_beside_the_first_ends_the_chat(visitor: Visitor) -> None:
    """409 for the duplicate; after that there is no session for anybody."""
    first = asyncio.create_task(visitor.poll())
    while not visitor.session.is_polled:  # noqa: ASYNC110  the server sets it in this loop
        await asyncio.sleep(0.005)

    assert (await visitor.poll()).status_code == 409
    assert (await first).status_code == 403


async def test_a_changed_affinity_is_503_and_a_reconnect_goes_on(visitor: Visitor) -> None:
    """With the new token and a sequence that begins anew; the first message restores the session's data."""
    await visitor.request_chat()
    await visitor.poll()
    visitor.agent.changes_affinity()
    refused = await visitor.poll()
    headers = {"X-LIVEAGENT-SESSION-KEY": visitor.key, **NO_SERVER_YET}
    params = {"ReconnectSession.offset": str(visitor.offset)}
    answer = await visitor.http.get("/System/ReconnectSession", params=params, headers=headers)
    message = answer.json()["messages"][0]["message"]
    visitor.affinity = message["affinityToken"]
    await visitor.poll()

    assert refused.status_code == 503
    assert message["resetSequence"] is True
    assert visitor.seen == ["ChatRequestSuccess", "ChasitorSessionData"]
    assert (await visitor.post("ChatMessage", sequence=1, text="again")).status_code == 200


async def test_a_lost_session_is_403_everywhere(visitor: Visitor) -> None:
    """Poll, reconnect and deletion, with the words of the runbook."""
    visitor.agent.forgets_sessions()
    headers = {"X-LIVEAGENT-SESSION-KEY": visitor.key, **NO_SERVER_YET}
    answers = [
        await visitor.poll(),
        await visitor.http.get("/System/ReconnectSession?ReconnectSession.offset=0", headers=headers),
        await visitor.http.delete(f"/System/SessionId/{visitor.key}", headers=visitor.headers),
    ]

    assert {(each.status_code, each.text) for each in answers} == {
        (403, "Session required but was invalid or not found")
    }


async def test_a_deleted_session_is_gone(visitor: Visitor) -> None:
    """With the session's own headers only."""
    elsewhere = visitor.headers | {"X-LIVEAGENT-AFFINITY": "elsewhere"}
    refused = await visitor.http.delete(f"/System/SessionId/{visitor.key}", headers=elsewhere)
    deleted = await visitor.http.delete(f"/System/SessionId/{visitor.key}", headers=visitor.headers)

    assert (refused.status_code, deleted.status_code) == (503, 200)
    assert (await visitor.poll()).status_code == 403


async def test_availability_tells_agents_and_waits(visitor: Visitor) -> None:
    """A button without agents lacks isAvailable; one that is not there is not in the answer."""
    button = visitor.agent.buttons[0]
    visitor.agent.wait_seconds = 25
    online = (await visitor.availability(button)).json()["messages"]
    unasked = await visitor.availability(button, **{"Availability.needEstimatedWaitTime": "0"})
    visitor.agent.available_buttons.clear()
    offline = (await visitor.availability(button, "573ACME00000009")).json()["messages"]

    assert online == [
        {
            "type": "Availability",
            "message": {"results": [{"id": button, "isAvailable": True, "estimatedWaitTime": 25}]},
        }
    ]
    assert unasked.json()["messages"][0]["message"]["results"] == [{"id": button, "isAvailable": True}]
    assert offline[0]["message"]["results"] == [{"id": button}]


async def test_availability_takes_the_short_ids_and_the_right_org(visitor: Visitor) -> None:
    """The 18-character form is not known; another organisation or deployment is a bad request."""
    button = visitor.agent.buttons[0]
    longer = (await visitor.availability(f"{button}AAA")).json()["messages"][0]["message"]

    assert longer == {"results": []}
    assert (await visitor.availability(button, org_id="00DOTHER0000001")).status_code == 400
    assert (await visitor.availability(button, deployment_id="572OTHER0000001")).status_code == 400


async def test_a_moved_org_is_told_by_availability_alone(visitor: Visitor) -> None:
    """The old host opens sessions and takes chats, and every poll is 204; the new one works."""
    moved_to = await visitor.agent.moves()
    switch = (await visitor.availability(visitor.agent.buttons[0])).json()["messages"]
    opened = await visitor.open()
    taken = await visitor.request_chat()
    silent = await visitor.poll()
    async with httpx.AsyncClient(base_url=f"{moved_to}/chat/rest", headers=VERSION) as http:
        elsewhere = Visitor(http, visitor.agent)
        await elsewhere.open()
        await elsewhere.request_chat()
        await elsewhere.poll()

    assert switch == [{"type": "SwitchServer", "message": {"newUrl": f"{moved_to}/chat/rest"}}]
    assert (opened.status_code, taken.status_code, silent.status_code) == (200, 200, 204)
    assert elsewhere.seen == ["ChatRequestSuccess"]


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (403, "Session required but was invalid or not found"),
        (409, "Duplicate Long Polling"),
        (500, "Internal Server Error"),
        (503, ""),
    ],
)
async def test_polls_fail_on_demand_for_a_share_of_the_sessions(
    agent: LiveAgentStandIn, status: int, text: str
) -> None:
    """Always the same half of them; the others hear the truth."""
    async with httpx.AsyncClient(base_url=f"{agent.url}/chat/rest", headers=VERSION) as http:
        visitors = [Visitor(http, agent) for _ in range(4)]
        for one in visitors:
            await one.open()
        agent.answers_polls_with(status, share=0.5)
        answers = await asyncio.gather(*(one.poll() for one in visitors))

    assert [each.status_code for each in answers] == [204, status, 204, status]
    assert answers[1].text == text


async def test_a_lasting_503_outlives_reconnects_and_heals(visitor: Visitor) -> None:
    """As long as it is said; then everything goes on."""
    visitor.agent.answers_polls_with(503)
    headers = {"X-LIVEAGENT-SESSION-KEY": visitor.key, **NO_SERVER_YET}
    answer = await visitor.http.get("/System/ReconnectSession?ReconnectSession.offset=0", headers=headers)
    visitor.affinity = answer.json()["messages"][0]["message"]["affinityToken"]
    refused = await visitor.poll()
    visitor.agent.refuses_reconnects = 503
    lost = await visitor.http.get("/System/ReconnectSession?ReconnectSession.offset=0", headers=headers)
    visitor.agent.heals_polls()

    assert (refused.status_code, lost.status_code, (await visitor.poll()).status_code) == (503, 503, 200)


async def test_faults_of_polls_are_slow_silent_counted_and_of_single_sessions(agent: LiveAgentStandIn) -> None:
    """What the scenarios are made of."""
    async with httpx.AsyncClient(base_url=f"{agent.url}/chat/rest", headers=VERSION) as http:
        one, other = Visitor(http, agent), Visitor(http, agent)
        for each in (one, other):
            await each.open()
            each.session.say("hello")
        silent = agent.answers_polls_with(204, of=[one.session])
        assert ((await one.poll()).status_code, (await other.poll()).status_code) == (204, 200)
        agent.poll_faults.disarm(silent)
        agent.answers_polls_with(500, times=1)
        assert ((await one.poll()).status_code, (await one.poll()).status_code) == (500, 200)
        agent.answers_polls_slowly(0.1)
        began = asyncio.get_running_loop().time()
        await one.poll()
        assert asyncio.get_running_loop().time() - began >= 0.25
        agent.answers_polls_with(500, seconds=0.0)
        assert (await one.poll()).status_code == 204


async def test_a_retired_host_answers_what_it_is_told_to(visitor: Visitor) -> None:
    """What a real one will say is not documented."""
    visitor.agent.retires()

    answer = await visitor.availability(visitor.agent.buttons[0])

    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (404, "text/html")
