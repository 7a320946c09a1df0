"""A file of a message is read from Slack's own hosts only, to a bound, and as text."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack_attachments import SlackAttachments
from bot.domain.errors import AccessDenied, BadAnswer, NotFound, SfintError, Unreachable

TOKEN = "xoxb-planted"
LIMIT = 2_000_000


@dataclass
class _World:
    """Slack, and a host that is not Slack; each file's bytes by its id, and what either was shown."""

    about: dict[str, object] = field(default_factory=dict)
    content: bytes = b"dial tcp 10.0.0.9:6379: i/o timeout"
    code: str = ""
    shown_elsewhere: list[str] = field(default_factory=list)
    slack: str = ""
    elsewhere: str = ""
    attachments: SlackAttachments | None = None

    async def info(self, request: web.Request) -> web.Response:
        """`files.info`."""
        if self.code:
            return web.json_response({"ok": False, "error": self.code})
        return web.json_response({"ok": True, "file": {"name": "log.txt", **self.about}})

    async def file(self, request: web.Request) -> web.Response:
        """The bytes, for the token."""
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        return web.Response(body=self.content)

    async def away(self, request: web.Request) -> web.Response:
        """Leads to the other host."""
        raise web.HTTPFound(self.elsewhere)

    async def foreign(self, request: web.Request) -> web.Response:
        """Remembers the token that somebody showed."""
        self.shown_elsewhere.append(request.headers.get("Authorization", ""))
        return web.Response(text="thank you")

    async def read(self) -> str:
        """The text of the one file."""
        assert self.attachments is not None
        return (await self.attachments.read("F0LOG")).text


@pytest.fixture
async def world() -> AsyncIterator[_World]:
    """Both hosts, and the adapter with a session as the bot's."""
    made = _World()
    slack, elsewhere = web.Application(), web.Application()
    slack.router.add_route("*", "/api/files.info", made.info)
    slack.router.add_get("/files/log.txt", made.file)
    slack.router.add_get("/files/away", made.away)
    elsewhere.router.add_get("/log.txt", made.foreign)
    async with TestServer(slack) as one, TestServer(elsewhere) as other, aiohttp.ClientSession() as session:
        made.slack, made.elsewhere = str(one.make_url("/")), str(other.make_url("/log.txt"))
        made.about = {"url_private_download": f"{made.slack}files/log.txt", "mimetype": "text/plain"}
        web_client = AsyncWebClient(token=TOKEN, base_url=f"{made.slack}api/", session=session)
        made.attachments = SlackAttachments(web_client)
        yield made


async def test_a_text_file_is_read_with_the_token(world: _World) -> None:
    """By the address that files.info tells."""
    assert await world.read() == "dial tcp 10.0.0.9:6379: i/o timeout"


@pytest.mark.parametrize("key", ["url_private_download", "url_private"])
async def test_the_token_is_not_shown_to_another_host(world: _World, key: str) -> None:
    """Whatever files.info says: an external file's address may be anybody's."""
    world.about = {key: world.elsewhere, "mimetype": "text/plain"}

    with pytest.raises(BadAnswer, match="does not lie with Slack"):
        await world.read()

    assert world.shown_elsewhere == []


async def test_a_redirect_is_not_followed(world: _World) -> None:
    """It could lead the token away."""
    world.about["url_private_download"] = f"{world.slack}files/away"

    with pytest.raises(Unreachable, match="302"):
        await world.read()

    assert world.shown_elsewhere == []


async def test_of_a_long_file_the_beginning_is_read(world: _World) -> None:
    """And it is said that there is more."""
    world.content = b"x" * (LIMIT + 1)
    assert world.attachments is not None

    found = await world.attachments.read("F0LOG")

    assert len(found.text) == LIMIT
    assert found.is_cut


@pytest.mark.parametrize(
    "about", [{"mimetype": "image/png"}, {"mimetype": "application/zip"}, {"is_external": True}]
)
async def test_what_is_no_text_is_not_fetched(world: _World, about: dict[str, object]) -> None:
    """A picture of an error is no error."""
    world.about |= about

    with pytest.raises(BadAnswer, match="no text file"):
        await world.read()


@pytest.mark.parametrize(
    ("code", "raised", "words"),
    [
        ("missing_scope", AccessDenied, "files:read"),
        ("file_not_found", NotFound, "does not show me"),
        ("file_deleted", NotFound, "does not show me"),
    ],
)
async def test_a_refusal_says_what_to_do(world: _World, code: str, raised: type[SfintError], words: str) -> None:
    """An app that was installed before the scope came is the usual reason."""
    world.code = code

    with pytest.raises(raised, match=words):
        await world.read()
