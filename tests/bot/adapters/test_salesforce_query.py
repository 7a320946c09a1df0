"""Crm.query against the org on loopback: rows, pages, and one verdict for everything that may come instead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from bot.adapters.salesforce import SalesforceCrm
from bot.domain.crm_query import QueryVerdict
from bot.domain.salesforce import TokenVerdict
from bot.domain.soql import literal
from lab.estate.faults import Fault
from lab.estate.salesforce import Org, SalesforceStandIn
from tests.bot.adapters.test_salesforce_crm import World

QUERY = "/services/data/v66.0/query"
CONTACTS = "SELECT Id, Email FROM Contact"


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A fresh org for each test."""
    async with SalesforceStandIn() as stand_in:
        made = World(stand_in)
        yield made
        for crm in made.opened:
            await crm.aclose()


async def test_rows_are_plain_mappings_with_parents_by_dotted_names(world: World) -> None:
    """No attributes; a missing parent is a null under its own name."""
    org = world.stand_in.org
    account = org.add_account(Name="Acme Mexico")
    org.add_contact(Email="ana@example.com", AccountId=account["Id"])
    org.add_contact(Email="eva@example.com")

    answer = await world.crm().query("SELECT Email, Account.Name, CP_BlockedChatYalo__c FROM Contact")

    assert (answer.verdict, answer.total, answer.is_complete) == (QueryVerdict.OK, 2, True)
    assert [dict(row) for row in answer.rows] == [
        {"Email": "ana@example.com", "Account.Name": "Acme Mexico", "CP_BlockedChatYalo__c": False},
        {"Email": "eva@example.com", "Account": None, "CP_BlockedChatYalo__c": False},
    ]


async def test_the_members_of_a_queue_are_found(world: World) -> None:
    """By the queue's name, and by a sub-select for those who are active."""
    org = world.stand_in.org
    ana, eva = org.add_user("Ana Agent"), org.add_user("Eva Agent", is_active=False)
    org.add_queue("Chat Mexico", ana, eva)
    org.add_queue("Chat Peru")
    crm = world.crm()

    members = await crm.query(
        "SELECT UserOrGroupId, Group.Name FROM GroupMember "
        "WHERE Group.Type = 'Queue' AND Group.Name = 'Chat Mexico'"
    )
    active = await crm.query(
        "SELECT Name FROM User WHERE IsActive = true AND Id IN "
        "(SELECT UserOrGroupId FROM GroupMember WHERE Group.DeveloperName = 'Chat_Mexico')"
    )
    serving = await crm.query("SELECT Queue.Name FROM QueueSobject WHERE SobjectType = 'Case' ORDER BY Queue.Name")

    assert [(row["UserOrGroupId"], row["Group.Name"]) for row in members.rows] == [
        (ana["Id"], "Chat Mexico"),
        (eva["Id"], "Chat Mexico"),
    ]
    assert [row["Name"] for row in active.rows] == ["Ana Agent"]
    assert [row["Queue.Name"] for row in serving.rows] == ["Chat Mexico", "Chat Peru"]


async def test_a_literal_finds_exactly_its_row(world: World) -> None:
    """Also one that tries to be a condition."""
    org = world.stand_in.org
    nasty = "\\' OR Email != null OR Email = \\'"
    org.add_contact(Email="ana@example.com")
    org.add_contact(Email=nasty)

    answer = await world.crm().query(f"{CONTACTS} WHERE Email = {literal(nasty)}")

    assert [row["Email"] for row in answer.rows] == [nasty]


async def test_next_pages_are_followed_up_to_a_bound(world: World) -> None:
    """Five pages; what is left is counted, and said to be left."""
    org = world.stand_in.org
    for number in range(11):
        org.add_contact(Email=f"c{number}@example.com")
    crm = world.crm()

    org.query_batch_size = 3
    whole = await crm.query(CONTACTS)
    org.query_batch_size = 2
    cut = await crm.query(CONTACTS)

    assert (len(whole.rows), whole.total, whole.is_complete) == (11, 11, True)
    assert (cut.verdict, len(cut.rows), cut.total, cut.is_complete) == (QueryVerdict.OK, 10, 11, False)


@pytest.mark.parametrize(
    ("soql", "hidden", "verdict", "blamed"),
    [
        (
            "SELECT Id, CP_BlockedChatYalo__c FROM Contact",
            "CP_BlockedChatYalo__c",
            QueryVerdict.INVALID_FIELD,
            "CP_BlockedChatYalo__c",
        ),
        ("SELECT Group.Name FROM GroupMember", "Group", QueryVerdict.INVALID_FIELD, "Group"),
        ("SELECT Group.Name FROM GroupMember", "Group.Name", QueryVerdict.INVALID_FIELD, "Name"),
        ("SELECT Id FROM QueueSobject", "QueueSobject", QueryVerdict.INVALID_TYPE, "QueueSobject"),
        ("SELECT Id FROM Contact WHERE", "", QueryVerdict.MALFORMED, ""),
    ],
)
async def test_what_cannot_be_seen_is_named(
    world: World, soql: str, hidden: str, verdict: QueryVerdict, blamed: str
) -> None:
    """A field or an object without permission looks like one that does not exist; never like no rows."""
    world.stand_in.org.hidden_fields.add(hidden)

    answer = await world.crm().query(soql)

    assert (answer.verdict, answer.blamed, answer.status, answer.is_ok) == (verdict, blamed, 400, False)
    assert "\n" not in answer.message
    assert "SELECT" not in answer.message


def _expire(org: Org) -> None:
    org.password_is_expired = True


def _disable(org: Org) -> None:
    org.api_is_disabled = "API_DISABLED_FOR_ORG"


def _use_up(org: Org) -> None:
    org.daily_api_requests_max = 0


def _empty(org: Org) -> None:
    org.sends_empty_token = True


@pytest.mark.parametrize(
    ("break_it", "verdict"),
    [
        (_expire, QueryVerdict.EXPIRED_PASSWORD),
        (_disable, QueryVerdict.API_DISABLED),
        (_use_up, QueryVerdict.REQUEST_LIMIT),
        (_empty, QueryVerdict.INVALID_AUTH_HEADER),
    ],
)
async def test_what_the_org_says_to_every_call(
    world: World, break_it: Callable[[Org], None], verdict: QueryVerdict
) -> None:
    """By errorCode, and asked once: none of these is cured by another log-in."""
    break_it(world.stand_in.org)

    answer = await world.crm().query(CONTACTS)

    assert answer.verdict is verdict
    assert world.asked == 1


async def test_an_ended_session_is_renewed_once(world: World) -> None:
    """Two who ask at once share the new log-in."""
    crm = world.crm()
    await crm.log_in()
    world.stand_in.org.revoke_sessions()

    answers = await asyncio.gather(crm.query(CONTACTS), crm.query(CONTACTS))

    assert [answer.verdict for answer in answers] == [QueryVerdict.OK] * 2
    assert world.asked == 2


async def test_a_renewal_that_is_refused_is_not_repeated(world: World) -> None:
    """The limiter and the account are spared; the answer says why nothing was asked."""
    crm = world.crm()
    await crm.log_in()
    world.stand_in.org.change_password("another", "AnotherToken")

    answer = await crm.query(CONTACTS)

    assert answer.verdict is QueryVerdict.NOT_ASKED
    assert answer.token is not None
    assert answer.token.verdict is TokenVerdict.AUTHENTICATION_FAILURE
    assert world.asked == 2


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        (Fault.slow(5.0, path=QUERY), QueryVerdict.UNREACHABLE),
        (Fault.unavailable(path=QUERY), QueryVerdict.UNREACHABLE),
        (Fault.html(path=QUERY), QueryVerdict.UNREADABLE),
        (Fault.dropped(path=QUERY), QueryVerdict.UNREACHABLE),
    ],
)
async def test_a_peer_in_trouble_is_no_answer(world: World, fault: Fault, verdict: QueryVerdict) -> None:
    """Slow, broken, senseless, cut off."""
    world.stand_in.faults.add(fault)

    answer = await world.crm(deadline_seconds=0.4).query(CONTACTS)

    assert (answer.verdict, answer.rows) == (verdict, ())


@pytest.mark.parametrize(
    "document",
    [
        '{"totalSize": 1, "done": false, "records": [], "nextRecordsUrl": "https://evil.example.com/services/data/"}',
        '{"totalSize": 1, "done": false, "records": [], "nextRecordsUrl": "//evil.example.com/services/data/x"}',
        '{"totalSize": 1, "done": false, "records": []}',
        '{"totalSize": 1, "done": true, "records": [17]}',
        '{"totalSize": "many", "done": true, "records": []}',
        "[]",
        "null",
    ],
)
async def test_a_page_that_is_none_is_unreadable(world: World, document: str) -> None:
    """And the token goes to no other host than the org's own."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        if request.method == "POST":
            return httpx.Response(200, json={"access_token": "t", "instance_url": "https://acme.example.com"})
        return httpx.Response(200, text=document)

    crm = SalesforceCrm(
        world.credentials(),
        target="acme-prod",
        book=world.book,
        clock=world.clock,
        http=httpx.AsyncClient(transport=httpx.MockTransport(answer)),
    )

    found = await crm.query(CONTACTS)
    await crm.aclose()

    assert found.verdict is QueryVerdict.UNREADABLE
    assert set(asked) <= {"127.0.0.1", "acme.example.com"}
