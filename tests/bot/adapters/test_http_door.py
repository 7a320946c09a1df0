"""One HTTP request: its deadline, its bound, and the words for what failed."""

from __future__ import annotations

import httpx
import pytest

from bot.adapters.http_door import HttpDoor, json_of
from bot.domain.errors import BadAnswer, Unreachable

URL = "https://name:secret@acme.example.com:8443/path"


def _door(answer: httpx.Response | Exception, *, bytes_max: int = 1024, name: str = "") -> HttpDoor:
    def handle(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    http = httpx.AsyncClient(transport=httpx.MockTransport(handle))
    return HttpDoor(0.5, http, name=name, bytes_max=bytes_max)


async def test_a_body_is_cut_at_the_bound() -> None:
    """Whoever answers with gigabytes takes no more memory than that."""
    door = _door(httpx.Response(200, content=b"x" * 5000), bytes_max=1024)

    reply = await door.ask("GET", URL)

    assert (reply.status, reply.body) == (200, b"x" * 1024)


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    """The token would go with the request."""
    reply = await _door(httpx.Response(302, headers={"location": "https://evil.example.com/"})).ask("GET", URL)

    assert reply.status == 302


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (httpx.ConnectError("Connection refused"), "acme.example.com:8443 cannot be reached: Connection refused"),
        (httpx.RemoteProtocolError(""), "acme.example.com:8443 cannot be reached: RemoteProtocolError"),
        (httpx.ReadTimeout(""), "acme.example.com:8443 did not answer within 0.5 s"),
    ],
)
async def test_what_fails_on_the_wire_is_unreachable(error: Exception, words: str) -> None:
    """With the host alone, never the name and password in front of it."""
    with pytest.raises(Unreachable) as failure:
        await _door(error).ask("GET", URL)

    assert str(failure.value) == words


async def test_a_key_that_no_header_can_carry_is_told_without_repeating_it() -> None:
    """A dash that an editor made typographic; httpx's own words would show the key."""
    with pytest.raises(Unreachable, match="characters that HTTP has no place for") as failure:
        await _door(httpx.Response(200), name="Datadog").ask("GET", URL, headers={"DD-API-KEY": "abc\u2013def"})

    assert "abc" not in str(failure.value)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"cut": ', b"[" * 100_000, b"\xff\xfe"])
def test_what_is_no_json_is_a_bad_answer(body: bytes) -> None:
    """Also where it nests deeper than Python reads."""
    with pytest.raises(BadAnswer, match="acme answered something that is no JSON"):
        json_of("acme", body)
