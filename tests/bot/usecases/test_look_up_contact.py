"""`/sfint contact` through the real adapter: what is found, what cannot be told, and that nobody is named."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.adapters.store.store import Store
from bot.domain.contact import ContactRules, ContactVerdict
from bot.domain.contact_answer import ContactAnswer
from bot.domain.target import Target
from bot.ports.crm import Crm
from bot.runbook.loader import load_runbook
from bot.usecases.answer_command import answer_command
from bot.usecases.look_up_contact import contact_answer
from bot.views.mentions import Mentions
from bot.views.render import render
from bot.views.terminal import plain
from lab.estate.faults import Fault
from lab.estate.salesforce import Org, SalesforceStandIn
from lab.slack.blocks import check_message_blocks
from tests.bot.adapters.test_salesforce_crm import World
from tests.fakes.desk import ARNO, RITA, TARGET, HeardChat, asked_by, fake_desk
from tests.fakes.estate import FakeClock, fake_estate

QUERY = "/services/data/v66.0/query"
PERSONS = replace(TARGET, contact=ContactRules(person_accounts=True))


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A fresh org for each test."""
    async with SalesforceStandIn() as stand_in:
        made = World(stand_in)
        yield made
        for crm in made.opened:
            await crm.aclose()


async def look(crm: Crm, words: str, target: Target = TARGET) -> ContactAnswer:
    """One answer."""
    return await contact_answer(target, fake_estate(crm=crm), load_runbook(), words.split(), RITA)


def add(org: Org, *, blocked: bool = False, **fields: object) -> str:
    """A contact; its id."""
    return str(org.add_contact(CP_BlockedChatYalo__c=blocked, **fields)["Id"])


async def test_every_row_is_told_and_one_blocked_row_blocks(world: World) -> None:
    """Duplicates, by both phone fields, with and without the prefix; the blocked one first."""
    org = world.stand_in.org
    fine = add(org, FirstName="Ana", Email="ana@example.com", MobilePhone="5512345678")
    bad = add(org, blocked=True, FirstName="Ana", Phone="+525512345678")
    add(org, MobilePhone="5599999999")

    answer = await look(world.crm(), "+52 1 55 1234 5678")

    assert answer.verdict is ContactVerdict.BLOCKED
    assert [(row.id, row.blocked) for row in answer.rows] == [(bad, True), (fine, False)]
    assert answer.entry is not None
    assert answer.entry.id == "contact-blocked"


@pytest.mark.parametrize(("blocked", "verdict"), [(True, "blocked"), (False, "not-blocked")])
async def test_an_e_mail_finds_its_contact(world: World, blocked: bool, verdict: str) -> None:
    """Without regard to case, as Salesforce compares."""
    add(world.stand_in.org, blocked=blocked, Email="ana@example.com")

    answer = await look(world.crm(), "<mailto:Ana@Example.com|Ana@Example.com>")

    assert answer.verdict == verdict


async def test_nothing_found_is_said_plainly(world: World) -> None:
    """It is not "not blocked", and it is no failure."""
    answer = await look(world.crm(), "ana@example.com")

    assert (answer.verdict, answer.rows, answer.code) == (ContactVerdict.NOT_FOUND, (), "")
    assert "there is no contact with e-mail a***@e***.com" in plain(answer)


async def test_a_mark_that_cannot_be_read_is_no_answer(world: World) -> None:
    """INVALID_FIELD: the rows are shown, and that it cannot be told."""
    org = world.stand_in.org
    org.hidden_fields.add("CP_BlockedChatYalo__c")
    add(org, Email="ana@example.com")

    answer = await look(world.crm(), "ana@example.com")

    assert (answer.verdict, [row.blocked for row in answer.rows]) == (ContactVerdict.CANNOT_TELL, [None])
    assert "CP_BlockedChatYalo__c of Contact cannot be read" in answer.notes[0]


async def test_another_field_that_cannot_be_read_is_named(world: World) -> None:
    """Then nothing was asked, and the answer says which field it was."""
    world.stand_in.org.hidden_fields.add("MobilePhone")

    answer = await look(world.crm(), "5512345678")

    assert answer.verdict is ContactVerdict.NOT_ASKED
    assert "No such column 'MobilePhone'" in answer.notes[0]


async def test_person_accounts_are_looked_at_where_the_org_has_them(world: World) -> None:
    """One row for both halves of a person; by e-mail and by mobile phone; and not without the setting."""
    account = world.stand_in.org.add_person_account(
        name="Ana Perez", email="ana@example.com", mobile_phone="5512345678", is_blocked=True
    )
    crm = world.crm()

    by_mail = await look(crm, "ana@example.com", PERSONS)
    by_phone = await look(crm, "5215512345678", PERSONS)
    without = await look(crm, "ana@example.com")

    for answer in (by_mail, by_phone):
        assert [(row.kind, row.id, row.blocked) for row in answer.rows] == [
            ("person account", account["Id"], True)
        ]
    assert [row.kind for row in without.rows] == ["contact"]


async def test_an_org_without_person_accounts_leaves_a_doubt(world: World) -> None:
    """The setting is wrong: what the contacts say is shown, "not blocked" is not."""
    org = world.stand_in.org
    org.hidden_fields.add("PersonEmail")
    add(org, Email="ana@example.com")

    answer = await look(world.crm(), "ana@example.com", PERSONS)

    assert (answer.verdict, len(answer.rows)) == (ContactVerdict.CANNOT_TELL, 1)
    assert "PersonEmail" in answer.notes[0]


async def test_no_more_than_twenty_rows(world: World) -> None:
    """And that there are more is said."""
    for _ in range(25):
        add(world.stand_in.org, Email="ana@example.com")

    answer = await look(world.crm(), "ana@example.com")
    made = render("key", answer, Mentions())

    assert (len(answer.rows), answer.has_more) == (20, True)
    check_message_blocks(made.blocks)
    assert "more rows than are shown" in json.dumps(made.blocks, ensure_ascii=False)


async def test_an_expired_password_names_its_own_page(world: World) -> None:
    """The contact could not be asked for; the runbook knows why."""
    world.stand_in.org.password_is_expired = True

    answer = await look(world.crm(), "ana@example.com")

    assert (answer.verdict, answer.code) == (ContactVerdict.NOT_ASKED, "api.expired-password")
    assert answer.entry is not None
    assert answer.entry.id == "expired-password"


async def test_wrong_credentials_name_their_page(world: World) -> None:
    """No token: the same."""
    answer = await look(world.crm(client_secret="wrong"), "ana@example.com")

    assert (answer.verdict, answer.code) == (ContactVerdict.NOT_ASKED, "token.invalid-client")


@pytest.mark.parametrize("fault", [Fault.slow(5.0, path=QUERY), Fault.html(path=QUERY), Fault.dropped(path=QUERY)])
async def test_a_peer_in_trouble_is_no_answer(world: World, fault: Fault) -> None:
    """Slow, senseless, cut off: never "not blocked", never an exception."""
    world.stand_in.faults.add(fault)

    answer = await look(world.crm(deadline_seconds=0.3), "ana@example.com")

    assert answer.verdict is ContactVerdict.NOT_ASKED
    assert answer.notes


async def test_the_command_posts_a_masked_answer_and_books_nobody(world: World, store: Store) -> None:
    """Neither the message, nor the audit, nor what is stored of it holds the address, the name or the number."""
    chat = HeardChat()
    add(world.stand_in.org, blocked=True, FirstName="Mercedes", LastName="Quintana", Email="mquintana@example.net",
        MobilePhone="5587654321")  # fmt: skip
    desk = fake_desk(store, chat, estates={TARGET.name: fake_estate(crm=world.crm())})

    await answer_command(desk, None, asked_by(RITA), "contact mquintana@example.net")

    answer = chat.said["contact:key-1"]
    made = render("key", answer, Mentions())
    lines = [line async for line in store.ledger.lines()]
    everything = (
        json.dumps([made.blocks, made.text, made.metadata], ensure_ascii=False) + str(lines) + repr(answer)
    )
    for secret in ("mquintana", "Mercedes", "Quintana", "87654321", "example.net"):
        assert secret not in everything
    assert made.metadata["event_payload"]["entries"][0]["entry"] == "contact-blocked"
    assert "sfint:page:0" in everything
    assert "contact.looked-up" in str(lines)


async def test_one_person_looks_up_no_more_contacts_than_the_budget(world: World, store: Store) -> None:
    """The asker alone learns when to come again; the audit tells of the refusal, and Salesforce is not asked."""
    chat, clock = HeardChat(), FakeClock()
    target = replace(TARGET, contact=ContactRules(most_lookups=2, lookup_window_seconds=300))
    estates = {TARGET.name: fake_estate(crm=world.crm())}
    desk = fake_desk(store, chat, estates=estates, targets={TARGET.name: target}, clock=clock)
    for key in ("one", "two"):
        await answer_command(desk, None, asked_by(RITA, key), "contact mquintana@example.net")
        await clock.sleep(60)

    await answer_command(desk, None, asked_by(RITA, "three"), "contact mquintana@example.net")
    refused = plain(chat.told[RITA])
    await answer_command(desk, None, asked_by(ARNO, "four"), "contact mquintana@example.net")
    await clock.sleep(180)
    await answer_command(desk, None, asked_by(RITA, "five"), "contact mquintana@example.net")

    assert "One person may look up 2 contacts in 5 min, and you have." in refused
    assert "You may ask again in 3 min." in refused
    assert "mquintana" not in refused
    assert list(chat.said) == ["contact:one", "contact:two", "contact:four", "contact:five"]
    events = [line.event async for line in store.ledger.lines()]
    assert [(event.actor, event.correlation_id) for event in events if event.action == "contact.refused"] == [
        (RITA, "three")
    ]
