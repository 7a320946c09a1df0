"""The page in a real browser: two people type, click, confirm and fill in a modal."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright, expect
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from lab.slack.server import SlackStandIn
from lab.slack.workspace import acme_workspace

CHANNEL = "C0INCSF001"
RITA, ADA = "U0RITA001", "U0ADA0001"
CHROMIUM = "/usr/bin/chromium"


def plain(text: str) -> dict[str, str]:
    """A plain_text object."""
    return {"type": "plain_text", "text": text}


def card() -> list[dict[str, object]]:
    """A plan card with a confirmed button and one that asks for a reason."""
    asked = {"title": plain("Sure?"), "text": plain("Chats end."), "confirm": plain("Do it"), "deny": plain("No")}
    approve = {"type": "button", "action_id": "approve", "text": plain("Approve"), "confirm": asked}
    deny = {"type": "button", "action_id": "deny", "text": plain("Deny")}
    return [
        {"type": "section", "text": {"type": "mrkdwn", "text": "*plan* for `acme-prod` <@U0RITA001>"}},
        {"type": "actions", "elements": [approve, deny]},
    ]


REASON = {
    "type": "modal",
    "callback_id": "reason",
    "title": plain("Why not?"),
    "submit": plain("Deny"),
    "blocks": [
        {
            "type": "input",
            "block_id": "why",
            "label": plain("Reason"),
            "element": {"type": "plain_text_input", "action_id": "reason"},
        }
    ],
}


def sample_bot(client: AsyncWebClient) -> AsyncApp:
    """A bot that posts a card and reacts to its buttons."""
    app = AsyncApp(client=client, process_before_response=True)

    @app.command("/sfint")
    async def command(ack, command, client) -> None:  # type: ignore[no-untyped-def]
        await ack("working on it")
        await client.chat_postMessage(channel=command["channel_id"], text="card", blocks=card())

    @app.action("approve")
    async def approve(ack, body, client) -> None:  # type: ignore[no-untyped-def]
        await ack()
        await client.chat_update(channel=CHANNEL, ts=body["message"]["ts"], text="approved", blocks=[])
        await client.chat_postMessage(
            channel=CHANNEL, thread_ts=body["message"]["ts"], text=f"by <@{body['user']['id']}>"
        )

    @app.action("deny")
    async def deny(ack, body, client) -> None:  # type: ignore[no-untyped-def]
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=REASON)

    @app.view("reason")
    async def reason(ack, view, body, client) -> None:  # type: ignore[no-untyped-def]
        said = view["state"]["values"]["why"]["reason"]["value"]
        if len(said) < 5:
            await ack(response_action="errors", errors={"why": "Say more."})
            return
        await ack()
        await client.chat_postMessage(channel=CHANNEL, text=f"denied: {said} <@{body['user']['id']}>")

    @app.message_shortcut("sfint:match-to-the-runbook")
    async def match(ack, body, client) -> None:  # type: ignore[no-untyped-def]
        await ack()
        await client.chat_postMessage(
            channel=CHANNEL, text=f"matched {len(body['message'].get('files') or [])} files"
        )

    return app


@pytest.fixture
async def slack() -> AsyncIterator[SlackStandIn]:
    """A stand-in with the sample bot connected."""
    slack = SlackStandIn(acme_workspace())
    await slack.start()
    client = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
    handler = AsyncSocketModeHandler(sample_bot(client), slack.app_token)
    await handler.connect_async()
    await slack.wait_connected(5)
    yield slack
    await handler.close_async()
    await slack.stop()


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """A browser page; an error of its script fails the test."""
    problems: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        yield page
        await browser.close()
    assert problems == []


async def test_one_asks_and_another_approves(slack: SlackStandIn, page: Page) -> None:
    """Typing shows hints and an ephemeral answer; the second person confirms and the thread tells who."""
    await page.goto(f"{slack.page_url}?as={RITA}")
    await page.get_by_test_id("composer").press_sequentially("/sfint st")
    await expect(page.get_by_test_id("hints")).to_contain_text("/sfint status")
    await page.get_by_test_id("composer").fill("/sfint status")
    await page.get_by_test_id("send").click()
    await expect(page.get_by_test_id("only-you")).to_be_visible()
    await expect(page.get_by_test_id("button-approve")).to_be_visible()

    await page.get_by_test_id("person-switcher").get_by_text("Ada Approver").click()
    await expect(page.get_by_test_id("only-you")).to_have_count(0)
    await page.get_by_test_id("button-approve").click()
    await page.get_by_test_id("confirm-cancel").click()
    await page.get_by_test_id("button-approve").click()
    await page.get_by_test_id("confirm-ok").click()
    await expect(page.get_by_test_id("message").filter(has_text="approved")).to_contain_text("(edited)")
    await page.get_by_test_id("thread-open").filter(has_text="1 reply").click()

    await expect(page.get_by_test_id("thread")).to_contain_text("by @Ada Approver")
    await page.get_by_test_id("thread-composer").fill("thanks <3")
    await page.get_by_test_id("thread-send").click()
    await expect(page.get_by_test_id("thread")).to_contain_text("thanks <3")
    clicks = [one for one in slack.deliveries.all.values() if one.kind == "interactive"]
    assert len(clicks) == 1


async def test_a_modal_shows_errors_and_then_goes(slack: SlackStandIn, page: Page) -> None:
    """Slack's own error, the app's, then the reason arrives."""
    await slack.type(RITA, CHANNEL, "/sfint status")
    await page.goto(f"{slack.page_url}?as={ADA}")
    await page.get_by_test_id("button-deny").click()
    await page.get_by_test_id("modal-submit").click()
    await expect(page.get_by_test_id("input-error")).to_have_text("Please complete this required field.")
    await page.get_by_test_id("input-reason").fill("no")
    await page.get_by_test_id("modal-submit").click()
    await expect(page.get_by_test_id("input-error")).to_have_text("Say more.")
    await expect(page.get_by_test_id("input-reason")).to_have_value("no")
    await page.get_by_test_id("input-reason").fill("a deployment is running")
    await page.get_by_test_id("modal-submit").click()

    await expect(page.get_by_test_id("modal")).to_have_count(0)
    await expect(page.get_by_test_id("messages")).to_contain_text("denied: a deployment is running @Ada Approver")


async def test_other_channels_show_what_is_unread(slack: SlackStandIn, page: Page) -> None:
    """A message elsewhere is counted at its channel; an unknown block is an error one can see."""
    await page.goto(f"{slack.page_url}?as={RITA}")
    await slack.type(ADA, "C0OPSAUDIT", "psst")
    await expect(page.locator(".unread:visible")).to_have_text("1")
    slack.world.post_as_bot(CHANNEL, "x", blocks=[{"type": "hologram"}])

    await expect(page.get_by_test_id("unknown-block")).to_contain_text("hologram")


async def test_what_people_write_is_never_html(slack: SlackStandIn, page: Page) -> None:
    """Markup in a message is shown, not run."""
    await page.goto(f"{slack.page_url}?as={RITA}")
    await slack.type(ADA, CHANNEL, "<img src=x onerror=alert(1)>")

    await expect(page.get_by_test_id("message")).to_contain_text("<img src=x onerror=alert(1)>")


async def test_inviting_the_bot_shows_at_once(slack: SlackStandIn, page: Page) -> None:
    """/invite makes the bot a member; the page says so without being reloaded by hand."""
    await page.goto(f"{slack.page_url}?as={RITA}&channel=C0RANDOM01")
    await expect(page.locator(".presence")).to_have_text("sfint is not in this channel")
    await page.get_by_test_id("composer").fill("/invite @sfint")
    await page.get_by_test_id("send").click()

    await expect(page.locator(".presence")).to_have_text("sfint is here")


async def test_a_message_has_the_apps_shortcut(slack: SlackStandIn, page: Page) -> None:
    """What is too long for a message becomes a snippet; its shortcut is there when the pointer is over it."""
    await page.goto(f"{slack.page_url}?as={RITA}")
    await page.get_by_test_id("composer").fill("a long line\n" * 500)
    await page.get_by_test_id("send").click()
    message = page.get_by_test_id("message").filter(has=page.get_by_test_id("file"))
    await message.hover()
    await message.get_by_test_id("shortcut").click()

    await expect(page.get_by_test_id("message").filter(has_text="matched 1 files")).to_be_visible()
