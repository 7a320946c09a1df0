"""The whole story on the page of the lab: from the first question to a repaired Redis, by two people."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from lab.scenario import collect
from lab.world import World
from tests.journeys.room import ARNO, RITA, Room

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(420)]
CHROMIUM = "/usr/bin/chromium"
PICTURE = Path(__file__).parents[2] / "docs" / "images" / "restart-sentinel.png"
SECONDS = 60_000
"""In milliseconds, as Playwright counts."""


async def test_an_incident_from_the_first_question_to_a_repaired_redis(world: World, room: Room) -> None:
    """Rita asks and may not approve herself; Arno approves; everybody watches it end well."""
    scenario = collect()["redis-stale-master"]
    await scenario.break_it(world)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
        )
        rita, arno = await _sit_down(browser, world, RITA), await _sit_down(browser, world, ARNO)

        await _say(rita, "/sfint status")
        report = _message(rita, "acme-prod is failing")
        await expect(report).to_contain_text("redis-failure", timeout=SECONDS)
        await report.get_by_role("button", name="Show runbook page").first.click()
        await expect(rita.get_by_test_id("only-you").last).to_be_visible(timeout=SECONDS)

        await _say(rita, "/sfint restart-sentinel")
        await expect(_approve(rita)).to_be_visible(timeout=SECONDS)
        await _confirm(rita)
        await expect(rita.get_by_text("never approves their own request").last).to_be_visible(timeout=SECONDS)

        await expect(_approve(arno)).to_be_visible(timeout=SECONDS)
        await _confirm(arno)
        await expect(_message(arno, "Approved by")).to_contain_text("Succeeded", timeout=4 * SECONDS)
        await _message(arno, "Approved by").get_by_test_id("thread-open").click()
        thread = arno.get_by_test_id("thread")
        await expect(thread).to_contain_text("sentinels agree on redis-sentinel-node-0", timeout=SECONDS)
        await expect(thread).to_contain_text("1 of 1 pods ready", timeout=SECONDS)
        await expect(thread).to_contain_text("Evidence of", timeout=SECONDS)

        await _ask_until_well(arno)
        await thread.get_by_text("1 of 1 pods ready").scroll_into_view_if_needed()
        if os.environ.get("SFINT_PICTURE"):
            PICTURE.parent.mkdir(exist_ok=True)
            await arno.screenshot(path=PICTURE)
        await browser.close()

    assert await scenario.is_healed(world)
    assert [alert.state for alert in world.pagerduty.alerts] == ["resolved"]


async def _sit_down(browser: Browser, world: World, person: str) -> Page:
    page = await browser.new_page(viewport={"width": 1360, "height": 860})
    await page.goto(f"{world.slack.page_url}?as={person}&channel=C0INCSF001")
    return page


async def _ask_until_well(page: Page) -> None:
    """As people do: for some seconds after a redeploy its own traces are still told."""
    end = time.monotonic() + SECONDS / 1000
    while not await _message(page, "acme-prod, all well").is_visible():
        assert time.monotonic() < end, "the traces of the repair do not fade"
        told = await page.get_by_text("Status: acme-prod").count()
        await _say(page, "/sfint status")
        await expect(page.get_by_text("Status: acme-prod").nth(told)).to_be_attached(timeout=SECONDS)
        await asyncio.sleep(2.0)


async def _say(page: Page, text: str) -> None:
    await page.get_by_test_id("composer").fill(text)
    await page.get_by_test_id("send").click()


def _message(page: Page, text: str) -> Locator:
    """The newest message in the channel that carries this text."""
    return page.get_by_test_id("messages").get_by_test_id("message").filter(has_text=text).last


def _approve(page: Page) -> Locator:
    return page.get_by_test_id("button-sfint:decide:approve").last


async def _confirm(page: Page) -> None:
    await _approve(page).click()
    await page.get_by_test_id("confirm-ok").click()
