"""Messaging for In-App and Web over plain HTTP: a visitor's token, a conversation, the event stream."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import httpx
import pytest

from lab.estate.enhanced_chat import TOKEN_PATH, EnhancedChatStandIn

CONVERSATION_PATH = "/iamessage/api/v2/conversation"
ASKED = {
    "orgId": "00DACME00000001",
    "esDeveloperName": "Acme_Web_Chat",
    "capabilitiesVersion": "1",
    "platform": "Web",
}


@pytest.fixture
async def host() -> AsyncIterator[EnhancedChatStandIn]:
    """An org with one deployment."""
    async with EnhancedChatStandIn() as stand_in:
        yield stand_in


@pytest.fixture
async def http(host: EnhancedChatStandIn) -> AsyncIterator[httpx.AsyncClient]:
    """A browser."""
    async with httpx.AsyncClient(base_url=host.url) as client:
        yield client


async def token_of(http: httpx.AsyncClient) -> dict[str, str]:
    """The header with a fresh token."""
    token = (await http.post(TOKEN_PATH, json=ASKED)).json()["accessToken"]
    return {"Authorization": f"Bearer {token}"}


async def test_a_visitor_gets_a_jwt_without_logging_in(http: httpx.AsyncClient) -> None:
    """Three parts, with where to go on reading and what the deployment is."""
    answer = await http.post(TOKEN_PATH, json=ASKED)

    assert answer.status_code == 200
    assert answer.json()["accessToken"].count(".") == 2
    assert {"accessToken", "lastEventId", "context"} <= set(answer.json())


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"orgId": "00DOTHER0000001"}, 400),
        ({"esDeveloperName": "Gone"}, 404),
        ({"platform": ""}, 400),
        ({"capabilitiesVersion": None}, 400),
    ],
)
async def test_a_wrong_request_gets_no_token(
    http: httpx.AsyncClient, changes: dict[str, object], status: int
) -> None:
    """An error in JSON."""
    answer = await http.post(TOKEN_PATH, json=ASKED | changes)

    assert answer.status_code == status
    assert answer.json()["message"]


async def test_no_json_is_a_bad_request(http: httpx.AsyncClient) -> None:
    """As is an array."""
    assert (await http.post(TOKEN_PATH, content=b"hello")).status_code == 400
    assert (await http.post(TOKEN_PATH, json=[1])).status_code == 400


async def test_a_conversation_needs_a_token_and_an_id_of_its_own(http: httpx.AsyncClient) -> None:
    """A UUID that the client makes; once."""
    body = {"conversationId": str(uuid.uuid4()), "esDeveloperName": "Acme_Web_Chat"}
    stranger = await http.post(CONVERSATION_PATH, json=body)
    headers = await token_of(http)
    begun = await http.post(CONVERSATION_PATH, json=body, headers=headers)
    again = await http.post(CONVERSATION_PATH, json=body, headers=headers)
    odd = await http.post(CONVERSATION_PATH, json=body | {"conversationId": "one"}, headers=headers)

    assert [each.status_code for each in (stranger, begun, again, odd)] == [401, 201, 409, 400]


async def test_the_event_stream_needs_a_token_and_the_org(http: httpx.AsyncClient) -> None:
    """Server-sent events; with a token that is none, 401."""
    path = "/eventrouter/v1/sse"
    stranger = await http.get(path, headers={"Authorization": "Bearer none"})
    headers = await token_of(http)
    nowhere = await http.get(path, headers=headers)
    stream = await http.get(path, headers=headers | {"X-Org-Id": ASKED["orgId"]})

    assert (stranger.status_code, nowhere.status_code, stream.status_code) == (401, 400, 200)
    assert stream.headers["content-type"] == "text/event-stream"
    assert "event: ping" in stream.text
