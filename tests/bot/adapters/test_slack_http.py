"""Signed HTTP over real sockets: what Slack signed is taken once, anything else gets a status and nothing more."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Mapping
from urllib.parse import urlencode

import aiohttp
import pytest
import structlog

from bot.adapters import slack_http
from bot.adapters.slack import Slack
from bot.adapters.store.store import Store
from bot.domain.errors import Unreachable
from bot.usecases.receive import Receive, Received
from handlers import register
from lab.slack.delivery.signed_http import sign
from lab.slack.server import SlackStandIn

pytestmark = pytest.mark.parametrize("slack_mode", ["http"], indirect=True)
CHANNEL, RITA = "C0INCSF001", "U0RITA001"
FORM = "application/x-www-form-urlencoded"
MEBIBYTE = 1024 * 1024


class Gate:
    """An inbox that commits when it is let."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.reached = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()

    async def __call__(self, received: Received) -> bool:
        """Waits at the gate, then records."""
        self.reached.set()
        await self.open.wait()
        return await self._store.inbox.record(received)


class Wired:
    """The use cases as the listeners see them."""

    def __init__(self, gate: Gate) -> None:
        self.help_at_once = lambda *_: None
        self.receive: Receive = gate  # type: ignore[assignment]  # the listeners only call it


class Door:
    """The bot's address, at which anybody may knock."""

    def __init__(self, url: str, secret: str) -> None:
        self.url = url
        self.secret = secret
        self._opened: list[asyncio.StreamWriter] = []

    def command(self, trigger: str = "1.2.abc", **changes: str) -> bytes:
        """The body of a slash command."""
        fields = {
            "command": "/sfint",
            "text": "status",
            "user_id": RITA,
            "team_id": "T0ACME0001",
            "channel_id": CHANNEL,
            "trigger_id": trigger,
            "response_url": "https://hooks.example.com/x",
        }
        return urlencode(fields | changes).encode()

    def signed(self, body: bytes, *, age: float = 0.0, secret: str = "", kind: str = FORM) -> dict[str, str]:
        """The headers that belong to it."""
        stamp = str(int(time.time() - age))
        signature = sign(secret or self.secret, stamp, body)
        return {"Content-Type": kind, "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature}

    async def post(self, body: bytes, headers: Mapping[str, str], path: str = "") -> tuple[int, str]:
        """Status and text of the answer."""
        address = self.url + path
        async with (
            aiohttp.ClientSession() as session,
            session.post(address, data=body, headers=headers) as answer,
        ):
            return answer.status, await answer.text()

    async def raw(self, *parts: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection on which these bytes were sent."""
        host, port = self.url.removeprefix("http://").partition("/")[0].split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        self._opened.append(writer)
        writer.writelines(parts)
        await writer.drain()
        return reader, writer

    async def leave(self) -> None:
        """Closes every such connection."""
        for writer in self._opened:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in self._opened), return_exceptions=True)


@pytest.fixture
def gate(store: Store) -> Gate:
    """Open."""
    return Gate(store)


@pytest.fixture
async def door(slack_world: SlackStandIn, slack: Slack, gate: Gate, http_port: int) -> AsyncIterator[Door]:
    """Listening, with the real inbox behind it."""
    register(slack.app, Wired(gate))
    await slack.entrance.start()
    opened = Door(f"http://127.0.0.1:{http_port}/slack/events", slack_world.signing_secret)
    yield opened
    gate.open.set()
    await opened.leave()


async def recorded(store: Store) -> int:
    """How many rows wait in the inbox."""
    return len(await store.inbox.pending())


async def test_what_slack_signed_is_taken(door: Door, store: Store) -> None:
    """An empty 200, and the row is there."""
    body = door.command()

    assert await door.post(body, door.signed(body)) == (200, "")
    assert await recorded(store) == 1


async def test_forged_signatures_are_refused(door: Door, store: Store) -> None:
    """Wrong secret, tampered body, a signature of zeros, another version, none at all: 401, nothing said."""
    body = door.command()
    good = door.signed(body)
    stamp = good["X-Slack-Request-Timestamp"]
    forged = [
        (body, door.signed(body, secret="f" * 32)),
        (body.replace(b"status", b"freeze"), good),
        (body + b"&text=freeze", good),
        (body, good | {"X-Slack-Signature": "v0=" + "0" * 64}),
        (body, good | {"X-Slack-Signature": sign(door.secret, stamp, body).replace("v0=", "v1=")}),
        (body, good | {"X-Slack-Signature": ""}),
        (body, good | {"X-Slack-Signature": "v0=ä"}),
        (body, good | {"X-Slack-Request-Timestamp": str(int(stamp) + 1)}),
        (body, good | {"X-Slack-Request-Timestamp": ""}),
        (body, good | {"X-Slack-Request-Timestamp": "now"}),
        (body, good | {"X-Slack-Request-Timestamp": "-1"}),
        (body, good | {"X-Slack-Request-Timestamp": "9" * 400}),
        (body, {"Content-Type": FORM}),
        (b"", {"Content-Type": FORM}),
        (b"\xff\xfe\x00garbage", door.signed(b"garbage")),
        (b"\xff\xfe\x00garbage", door.signed(b"\xff\xfe\x00garbage")),
        (b'{"type":"url_verification","challenge":"c"}', {"Content-Type": "application/json"}),
    ]

    answers = {await door.post(sent, headers) for sent, headers in forged}

    assert answers == {(401, "")}
    assert await recorded(store) == 0


@pytest.mark.parametrize(("age", "status"), [(0, 200), (290, 200), (-290, 200), (310, 401), (-310, 401)])
async def test_a_timestamp_may_be_off_by_300_seconds(door: Door, store: Store, age: float, status: int) -> None:
    """A recorded request is no good after five minutes, and clocks may differ so much and no more."""
    body = door.command()

    assert (await door.post(body, door.signed(body, age=age)))[0] == status
    assert await recorded(store) == (status == 200)


async def test_a_wrong_clock_is_told(door: Door) -> None:
    """The bot's clock is ten minutes ahead: everything is refused, and the log says by how much."""
    body = door.command()

    with structlog.testing.capture_logs() as lines:
        status, _ = await door.post(body, door.signed(body, age=600.0))

    assert status == 401
    (line,) = lines
    assert "the clock here is wrong" in line["event"]
    assert 599 <= line["skew_seconds"] <= 602


async def test_a_request_sent_again_within_the_time_is_known(door: Door, store: Store) -> None:
    """A replay, and Slack's own retry with its header, are one row."""
    body = door.command()
    headers = door.signed(body)
    retry = {"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}

    answers = await asyncio.gather(*(door.post(body, headers | retry) for _ in range(20)))

    assert set(answers) == {(200, "")}
    assert await recorded(store) == 1


async def test_headers_that_are_not_signed_change_nothing(door: Door, store: Store) -> None:
    """Bolt would act upon some of its own."""
    body = door.command()
    headers = door.signed(body) | {"X-Slack-Bolt-Lazy-Only": "1", "X-Slack-Bolt-Lazy-Function-Name": "on_command"}

    assert await door.post(body, headers) == (200, "")
    assert await recorded(store) == 1


async def test_only_slacks_kinds_of_body_are_read(door: Door, store: Store) -> None:
    """Text, XML, multipart, none: 415 before anything is read."""
    body = door.command()
    kinds = ["text/plain", "application/xml", "multipart/form-data; boundary=x", ""]

    statuses = {(await door.post(body, door.signed(body, kind=kind)))[0] for kind in kinds}

    assert statuses == {415}
    assert await recorded(store) == 0


async def test_a_charset_beside_the_kind_is_fine(door: Door) -> None:
    """As some of Slack's requests have it."""
    body = door.command()

    assert (await door.post(body, door.signed(body, kind=f"{FORM}; charset=UTF-8")))[0] == 200


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"not json", "application/json"),
        (b"[1]", "application/json"),
        (b"", "application/json"),
        (b"payload=not+json", FORM),
        (b"payload=%5B1%5D", FORM),
        (b"nothing", FORM),
        (b'{"type":"event_callback","event":{"type":"unheard_of"}}', "application/json"),
    ],
)
async def test_signed_garbage_breaks_nothing(door: Door, store: Store, body: bytes, kind: str) -> None:
    """A refusal of the client's kind, never a 5xx; the next request is taken."""
    status, _ = await door.post(body, door.signed(body, kind=kind))
    good = door.command()

    assert 400 <= status < 500
    assert await door.post(good, door.signed(good)) == (200, "")


async def test_the_challenge_is_answered(door: Door, slack_world: SlackStandIn) -> None:
    """Slack verifies an address when it is saved."""
    assert slack_world.signed_http is not None
    assert await slack_world.signed_http.verify_url()

    body = json.dumps({"type": "url_verification", "challenge": "c-1", "token": "t"}).encode()
    status, text = await door.post(body, door.signed(body, kind="application/json"))
    assert (status, json.loads(text)) == (200, {"challenge": "c-1"})


async def test_the_certificate_check_is_answered_and_does_nothing(door: Door, store: Store) -> None:
    """Slack looks by GET or POST with ssl_check=1, without a signature."""
    async with aiohttp.ClientSession() as session, session.get(f"{door.url}?ssl_check=1&token=t") as answer:
        assert answer.status == 200

    assert await door.post(b"ssl_check=1&token=t", {"Content-Type": FORM}) == (200, "")
    assert await recorded(store) == 0


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_only_post_is_served(door: Door, method: str) -> None:
    """405 for the rest."""
    async with aiohttp.ClientSession() as session, session.request(method, door.url) as answer:
        assert answer.status == 405


async def test_there_is_one_address(door: Door) -> None:
    """Elsewhere is nothing, signed or not."""
    body = door.command()

    assert (await door.post(body, door.signed(body), path="/more"))[0] == 404


async def test_a_body_up_to_a_mebibyte_is_taken(door: Door) -> None:
    """Far more than Slack ever sends."""
    body = door.command(text="x" * 8000)
    body += b"&pad=" + b"x" * (MEBIBYTE - len(body) - 5)

    assert (await door.post(body, door.signed(body)))[0] == 200


async def test_an_announced_oversize_is_refused_before_it_is_read(door: Door) -> None:
    """413 on the headers alone, and the connection ends."""
    head = f"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\n"
    reader, _ = await door.raw(head.encode(), f"Content-Length: {MEBIBYTE + 1}\r\n\r\n".encode())
    async with asyncio.timeout(2.0):
        answer = await reader.read()

    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_an_oversize_that_is_not_announced_is_cut_off(door: Door) -> None:
    """Chunked, without end: refused as soon as it is too long."""
    head = f"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nTransfer-Encoding: chunked\r\n\r\n"
    reader, writer = await door.raw(head.encode())
    answering = asyncio.create_task(reader.read(13))
    sent = 0
    while not answering.done() and sent < 64 * MEBIBYTE:
        writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        sent += 65536
        try:
            await writer.drain()
        except ConnectionError:
            break

    assert await answering == b"HTTP/1.1 413 "
    assert sent < 8 * MEBIBYTE


async def test_slow_bodies_are_cut_off_and_hold_up_nobody(
    door: Door, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty senders who dribble: each gets 408 at the deadline, and a real command is taken meanwhile."""
    monkeypatch.setattr(slack_http, "_READ_SECONDS", 0.5)
    head = f"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: 1000\r\n\r\nte"
    slow = [await door.raw(head.encode()) for _ in range(40)]
    body = door.command()
    assert await door.post(body, door.signed(body)) == (200, "")
    async with asyncio.timeout(5.0):
        answers = [await reader.read() for reader, _ in slow]

    assert all(answer.startswith(b"HTTP/1.1 408 ") for answer in answers)
    assert await recorded(store) == 1


async def test_slow_headers_are_cut_off(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that never says what it wants is closed, on the first request and on the next."""
    monkeypatch.setattr("bot.adapters.http_server._HEAD_SECONDS", 0.3)
    body = door.command()
    headers = "".join(f"{name}: {value}\r\n" for name, value in door.signed(body).items())
    head = f"POST /slack/events HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    first, _ = await door.raw(b"POST /slack/ev")
    second, writer = await door.raw(head.encode(), body)
    assert (await second.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
    await asyncio.sleep(0.4)  # idle between requests is no reason to close
    writer.write(b"POST /slack/ev")
    async with asyncio.timeout(3.0):
        for reader in (first, second):
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""


@pytest.mark.parametrize("garbage", [b"\x16\x03\x01\x02\x00TLS?", b"GET\r\n\r\n", b"POST / HTTP/9\r\n\r\n"])
async def test_what_is_not_http_is_refused(door: Door, garbage: bytes) -> None:
    """400 and the end of the connection; the door stays open for others."""
    reader, _ = await door.raw(garbage, b"\r\n\r\n")
    async with asyncio.timeout(3.0):
        answer = await reader.read()
    body = door.command()

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert await door.post(body, door.signed(body)) == (200, "")


async def test_a_sender_who_leaves_in_the_middle_breaks_nothing(door: Door, store: Store) -> None:
    """Half a body, then gone."""
    head = f"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: 1000\r\n\r\nte"
    _, writer = await door.raw(head.encode())
    writer.transport.abort()
    body = door.command()

    assert await door.post(body, door.signed(body)) == (200, "")
    assert await recorded(store) == 1


async def test_stopping_finishes_what_arrived_and_takes_nothing_more(
    door: Door, slack: Slack, gate: Gate, store: Store
) -> None:
    """The command that is under way is recorded and acknowledged; new ones are refused by the network."""
    gate.open.clear()
    body = door.command()
    under_way = asyncio.create_task(door.post(body, door.signed(body)))
    await gate.reached.wait()
    stopping = asyncio.create_task(slack.entrance.stop())
    async with asyncio.timeout(5.0):
        while True:
            try:
                _, writer = await door.raw()
            except OSError:
                break
            writer.close()
            await asyncio.sleep(0.02)
    assert not slack.entrance.is_connected
    gate.open.set()

    assert await under_way == (200, "")
    await stopping
    assert await recorded(store) == 1


async def test_an_address_that_is_taken_is_told(door: Door, slack: Slack, http_port: int) -> None:
    """In the words of the error tree, with the port."""
    another = slack_http.SignedHttp(slack.app, door.secret, "127.0.0.1", http_port, "/slack/events")

    with pytest.raises(Unreachable, match=f"port {http_port}"):
        await another.start()
    assert not another.is_connected


async def test_no_secret_is_logged(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    """Neither signatures nor bodies nor addresses of requests, taken or refused."""
    caplog.set_level("DEBUG")
    body = door.command(text="canary-text")
    headers = door.signed(body)
    await door.post(body, headers)
    await door.post(body, headers | {"X-Slack-Signature": "v0=" + "0" * 64}, path="?canary-query=1")

    assert "canary" not in caplog.text
    assert headers["X-Slack-Signature"] not in caplog.text
