"""`/sfint contact` in the incident channel: a masked answer, a page by a click, and nobody named anywhere."""

from __future__ import annotations

import json

import pytest

from lab.estate.salesforce.records import BLOCKED_CHAT_FIELD
from lab.world import World
from tests.journeys.figures import until
from tests.journeys.room import OLGA, RITA, Room, audit, everything, payload, sfint, state_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
_COMMANDS = "sfint_commands_total"
EMAIL, PHONE = "mquintana@example.net", "5587654321"
PERSONAL = (EMAIL, "mquintana", PHONE, "55 8765 4321", "Mercedes", "Quintana")


async def test_a_blocked_contact_is_named_masked_and_its_admin_paged_by_a_click(world: World, room: Room) -> None:
    """As it is typed, as Slack makes links of it, with and without prefix; looking alone pages nobody."""
    named = {"FirstName": "Mercedes", "LastName": "Quintana", "Email": EMAIL, "MobilePhone": PHONE}
    row = world.salesforce.org.add_contact(**named, **{BLOCKED_CHAT_FIELD: True})
    cards = [
        await room.card(RITA, f"/sfint contact {typed}", "sfint_contact")
        for typed in (EMAIL, f"<mailto:{EMAIL}|{EMAIL}>", "+52 1 55 8765 4321", f"<tel:+52{PHONE}|55 8765 4321>")
    ]

    for card in cards:
        assert state_of(card) == "blocked"
        assert payload(card)["entries"][0]["entry"] == "contact-blocked"
        assert row["Id"] in everything(card)
        assert "M. Q." in everything(card)
        assert not any(word in everything(card) for word in PERSONAL)
    assert world.smtp.mails == []
    await room.click(RITA, cards[0], "sfint:page:0")
    await world.until(lambda: _is_mailed(world), 30.0, "the client's admin has mail")


async def _is_mailed(world: World) -> bool:
    return any(world.smtp.team_of(mail) == "client-admin" for mail in world.smtp.mails)


async def test_an_unblocked_one_and_nobody_are_told_apart(world: World, room: Room) -> None:
    """In Slack, and on the terminal by the exit code as well."""
    for row in world.salesforce.org.store.rows("Contact"):
        row[BLOCKED_CHAT_FIELD] = False

    fine = await room.card(RITA, f"/sfint contact {PHONE}", "sfint_contact")
    nobody = await room.card(RITA, "/sfint contact 5500000000", "sfint_contact")
    terminal = await sfint(world, "contact", EMAIL)

    assert (state_of(fine), state_of(nobody)) == ("not-blocked", "not-found")
    assert (terminal.code, terminal.err) == (0, "")
    assert "is not blocked (1 row)" in terminal.out
    assert not any(word in terminal.out for word in PERSONAL)


async def test_refused_words_are_not_said_back(room: Room) -> None:
    """Neither a mistyped command with a number, nor a number that is too long."""
    for typed in (f"contcat {PHONE}", f"contact {PHONE}{PHONE}", f"contact {PHONE} urgent", PHONE):
        answer = await room.told(RITA, f"/sfint {typed}")
        assert PHONE not in everything(answer)


async def test_nobody_goes_through_a_list_of_contacts(world: World, room: Room) -> None:
    """Ten in five minutes, the default; then a private answer that says when, a refusal in audit and figures."""
    for number in range(10):
        await room.card(OLGA, f"/sfint contact 55000000{number:02}", "sfint_contact")

    told = await room.told(OLGA, "/sfint contact 5500000010")
    figures = await until(world, lambda seen: seen(_COMMANDS, name="contact", outcome="refused") > 0)
    lines = [line for line in await audit(world) if line["actor"] == OLGA]

    assert "One person may look up 10 contacts in 5 min" in everything(told)
    assert "You may ask again in" in everything(told)
    assert [line["action"] for line in lines] == ["contact.looked-up"] * 10 + ["contact.refused"]
    assert figures(_COMMANDS, name="contact", outcome="refused") == 1
    await room.card(RITA, f"/sfint contact {PHONE}", "sfint_contact")


async def test_nothing_that_the_bot_wrote_names_anybody(world: World) -> None:
    """Messages, mails, log, audit, every byte that is stored; the audit knows who looked, and what came of it."""
    lines = [line for line in await audit(world) if line["action"] == "contact.looked-up"]
    places = {
        "slack": json.dumps([call.arguments for call in world.slack.requests], default=str),
        "mails": "\n".join(mail.text for mail in world.smtp.mails),
        "log": world.bot.log.read_text(errors="replace"),
        "audit": json.dumps(lines),
        **{path.name: path.read_bytes().decode("latin-1") for path in (world.directory / "state").iterdir()},
    }

    assert [line["actor"] for line in lines] == [RITA] * 6 + [OLGA] * 10 + [RITA]
    assert [f"{word} in {place}" for place, text in places.items() for word in PERSONAL if word in text] == []
