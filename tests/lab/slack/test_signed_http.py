"""Signed HTTP delivery, received by slack_bolt's own server, which verifies signatures."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from lab.slack.delivery.deliveries import Deliveries
from lab.slack.delivery.signed_http import SignedHttp, sign
from lab.slack.server import SlackStandIn
from lab.slack.workspace import acme_workspace

CHANNEL, RITA = "C0INCSF001", "U0RITA001"


class Receiver:
    """An HTTP server whose application is set later."""

    def __init__(self) -> None:
        self.app = web.Application()
        self.runner = web.AppRunner(self.app, shutdown_timeout=0.1)

    async def start(self) -> str:
        """Listen; returns the address."""
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self.runner.addresses[0][1]}/slack/events"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A server that is stopped in the end."""
    receiver = Receiver()
    yield receiver
    await receiver.runner.cleanup()


async def test_bolt_accepts_the_signature(receiver: Receiver) -> None:
    """A command goes through bolt's signature check and its answer is shown."""
    slack = SlackStandIn(acme_workspace())
    client = AsyncWebClient(slack.bot_token)
    app = AsyncApp(client=client, signing_secret=slack.signing_secret, process_before_response=True)

    @app.command("/sfint")
    async def command(ack) -> None:  # type: ignore[no-untyped-def]
        await ack("heard")

    receiver.app = app.web_app("/slack/events")
    receiver.runner = web.AppRunner(receiver.app, shutdown_timeout=0.1)
    url = await receiver.start()
    slack = SlackStandIn(acme_workspace(), http_request_url=url, identity=slack.world.identity)
    await slack.start()
    client.base_url = slack.api_url
    typed = await slack.type(RITA, CHANNEL, "/sfint status")
    await slack.stop()

    assert typed.acked
    assert [message.text for message in slack.messages(CHANNEL, viewer=RITA)] == ["heard"]


@pytest.mark.parametrize(
    ("status", "pause", "error"), [(500, 0.0, "dispatch_failed"), (200, 5.0, "operation_timeout")]
)
async def test_failures_are_shown_to_the_person(receiver: Receiver, status: int, pause: float, error: str) -> None:
    """No 2xx, or none in time."""
    gone = asyncio.Event()

    async def slow(_request: web.Request) -> web.Response:
        if pause:
            await gone.wait()
        return web.Response(status=status)

    receiver.app.router.add_post("/slack/events", slow)
    slack = SlackStandIn(acme_workspace(), http_request_url=await receiver.start(), ack_seconds=0.3)
    await slack.start()
    typed = await slack.type(RITA, CHANNEL, "/sfint status")
    gone.set()
    await slack.stop()

    assert typed.error == error


async def test_events_are_retried_with_a_number_and_a_reason(receiver: Receiver) -> None:
    """The same event_id comes again until it is answered with a 2xx."""
    seen: list[tuple[str, str | None, str | None]] = []
    done = asyncio.Event()

    async def fail_twice(request: web.Request) -> web.Response:
        body = await request.json()
        headers = request.headers
        seen.append((body["event_id"], headers.get("X-Slack-Retry-Num"), headers.get("X-Slack-Retry-Reason")))
        if len(seen) < 3:
            return web.Response(status=500)
        done.set()
        return web.Response()

    receiver.app.router.add_post("/slack/events", fail_twice)
    slack = SlackStandIn(acme_workspace())
    carrier = SignedHttp(slack.world, await receiver.start())
    deliveries = Deliveries(carrier, slack.faults, event_retry_seconds=(0, 0, 0))
    deliveries.send_event({"type": "event_callback", "event_id": "Ev1"})
    async with asyncio.timeout(3):
        await done.wait()
    await deliveries.stop()

    assert seen == [("Ev1", None, None), ("Ev1", "1", "http_error"), ("Ev1", "2", "http_error")]


async def test_the_request_url_is_verified(receiver: Receiver) -> None:
    """The challenge has to come back."""

    async def echo(request: web.Request) -> web.Response:
        return web.json_response({"challenge": (await request.json())["challenge"]})

    receiver.app.router.add_post("/slack/events", echo)
    slack = SlackStandIn(acme_workspace(), http_request_url=await receiver.start())
    assert slack.signed_http is not None

    assert await slack.signed_http.verify_url()


def test_the_signature_is_slacks() -> None:
    """The example of Slack's documentation on verifying requests."""
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    expected = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"

    assert sign("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body) == expected
