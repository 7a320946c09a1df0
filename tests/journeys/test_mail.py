"""Teams outside the company: mailed by a click, told that it is over, and never more said than the server said."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from lab.bot_config import MAILBOXES
from lab.slack.messages import StoredMessage
from lab.world import World
from tests.journeys.room import RITA, Room, everything, is_event, payload, reconfigured, state_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADMIN, DEPUTY = MAILBOXES["client-admin"]
PAGE_BUTTON = "sfint:page:0"


@pytest_asyncio.fixture(loop_scope="module")
async def expired(world: World) -> AsyncIterator[World]:
    """The password expired; afterwards it is fine again, every page is over and nobody is refused."""
    world.smtp.mails.clear()
    world.salesforce.org.password_is_expired = True
    yield world
    world.salesforce.org.password_is_expired = False
    world.smtp.refusals.clear()


def _only_by_click(settings: dict[str, Any]) -> None:
    settings["targets"]["acme-prod"]["page_external"] = False


def _is_page(message: StoredMessage, known: set[str], *states: str) -> bool:
    return message.ts not in known and is_event(message, "sfint_page") and state_of(message) in states


async def _healed(room: Room, world: World) -> None:
    """Every check is right again, and the open page learns of it."""
    world.salesforce.org.password_is_expired = False
    await world.until(world.middleware.serves, 30.0, "the middleware serves")
    await room.type(RITA, "/sfint status")


async def test_a_click_mails_the_client_admin_and_the_end_is_mailed_too(room: Room, expired: World) -> None:
    """Nothing leaves the company by itself; one refused recipient is named and stops nobody."""
    expired.smtp.refusals[DEPUTY] = "550 5.1.1 no such user"
    async with reconfigured(expired, _only_by_click):
        report = await room.card(RITA, "/sfint status", "sfint_report")
        assert expired.smtp.mails == []
        assert not any(is_event(message, "sfint_page") for message in room.news(room.known() - {report.ts}))

        known = room.known()
        await room.click(RITA, report, PAGE_BUTTON)
        notice = await room.wait(lambda message: _is_page(message, known, "accepted"))

        (mail,) = expired.smtp.mails
        assert mail.recipients == (ADMIN,)
        assert mail.subject.startswith("[acme-prod] ")
        assert expired.salesforce.org.username in mail.text
        assert "a new password AND a new security token" in " ".join(mail.text.split())
        assert "mail accepted for 1 of 2 recipients, refused: " in everything(notice)
        assert "550 5.1.1 no such user" in everything(notice)

        await _healed(room, expired)
        await room.until_state(notice, "resolved")
        await expired.until(lambda: _has(expired, 2), 10.0, "the second mail")
        assert expired.smtp.mails[1].message["In-Reply-To"] == mail.message["Message-ID"]
        assert expired.smtp.mails[1].recipients == (ADMIN,)


async def test_a_page_that_nobody_takes_has_failed_and_says_so(room: Room, expired: World) -> None:
    """Paged at once here, as the target allows it; the card does not pretend."""
    expired.smtp.refusals |= {ADMIN: "550 5.1.1 no such user", DEPUTY: "550 5.1.1 no such user"}
    known = room.known()

    await room.type(RITA, "/sfint status")
    notice = await room.wait(lambda message: _is_page(message, known, "failed"))

    assert payload(notice)["team"] == "client-admin"
    assert "nobody was called: mail accepted for 0 of 2 recipients" in everything(notice)
    assert expired.smtp.mails == []
    await _healed(room, expired)
    await room.until_state(notice, "resolved")


async def test_a_mail_server_that_is_down_is_tried_until_it_is_back(room: Room, expired: World) -> None:
    """The card says so meanwhile."""
    await expired.smtp.stop()
    known = room.known()

    await room.type(RITA, "/sfint status")
    waiting = await room.wait(
        lambda message: _is_page(message, known, "queued") and "trying again" in everything(message)
    )
    await expired.smtp.start()
    await room.until_state(waiting, "accepted")

    assert [mail.recipients for mail in expired.smtp.mails] == [(ADMIN, DEPUTY)]
    await _healed(room, expired)
    await room.until_state(waiting, "resolved")


async def _has(world: World, count: int) -> bool:
    return len(world.smtp.mails) == count
