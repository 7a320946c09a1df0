"""Every row of the REST error table, SOQL's real rules, and the composite API as the middleware uses it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from lab.estate.salesforce import SalesforceStandIn

DATA = "/services/data/v66.0"


@pytest.fixture
async def salesforce() -> AsyncIterator[SalesforceStandIn]:
    async with SalesforceStandIn() as stand_in:
        yield stand_in


@pytest.fixture
async def client(salesforce: SalesforceStandIn) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a good session at the instance."""
    headers = {"Authorization": f"Bearer {salesforce.org.open_session()}"}
    async with httpx.AsyncClient(base_url=salesforce.instance_url, headers=headers) as session:
        yield session


def error(response: httpx.Response) -> tuple[int, str]:
    """Status and the first error's code."""
    return response.status_code, response.json()[0]["errorCode"]


async def query(client: httpx.AsyncClient, soql: str) -> httpx.Response:
    """Run a query."""
    return await client.get(f"{DATA}/query", params={"q": soql})


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Bearer", (401, "INVALID_AUTH_HEADER")),
        ("Basic abc", (401, "INVALID_AUTH_HEADER")),
        ("Bearer stale", (401, "INVALID_SESSION_ID")),
    ],
)
async def test_bad_header_is_refused(client: httpx.AsyncClient, header: str, expected: tuple[int, str]) -> None:
    """An empty or malformed Bearer differs from a stale one."""
    response = await client.get(f"{DATA}/limits", headers={"Authorization": header})

    assert error(response) == expected
    if expected[1] == "INVALID_AUTH_HEADER":
        assert response.json()[0]["message"] == "INVALID_HEADER_TYPE"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("password_is_expired", True, (401, "INVALID_OPERATION_WITH_EXPIRED_PASSWORD")),
        ("api_is_disabled", "API_DISABLED_FOR_ORG", (403, "API_DISABLED_FOR_ORG")),
        ("api_is_disabled", "API_CURRENTLY_DISABLED", (403, "API_CURRENTLY_DISABLED")),
        ("daily_api_requests_max", 0, (403, "REQUEST_LIMIT_EXCEEDED")),
    ],
)
async def test_state_of_the_org_fails_every_call(
    salesforce: SalesforceStandIn,
    client: httpx.AsyncClient,
    name: str,
    value: object,
    expected: tuple[int, str],
) -> None:
    """The session is good and the data API refuses all the same."""
    setattr(salesforce.org, name, value)

    for path in ("/limits", "/query?q=SELECT+Id+FROM+Contact"):
        assert error(await client.get(DATA + path)) == expected


async def test_older_releases_answer_403_for_an_expired_password(
    salesforce: SalesforceStandIn, client: httpx.AsyncClient
) -> None:
    """The status is configurable; the code is not."""
    salesforce.org.password_is_expired, salesforce.org.expired_password_status = True, 403

    assert error(await client.get(f"{DATA}/limits")) == (403, "INVALID_OPERATION_WITH_EXPIRED_PASSWORD")


async def test_identity_answers_with_an_expired_password_and_in_plain_text_without_a_session(
    salesforce: SalesforceStandIn, client: httpx.AsyncClient
) -> None:
    """userinfo is no proof that calls work; its refusals are words, not JSON."""
    salesforce.org.password_is_expired = True

    good = await client.get("/services/oauth2/userinfo")
    bad = await client.get("/services/oauth2/userinfo", headers={"Authorization": "Bearer stale"})

    assert good.json()["preferred_username"] == salesforce.org.username
    assert (bad.status_code, bad.text) == (403, "Bad_OAuth_Token")


async def test_limits_count_down_and_every_answer_tells_the_usage(client: httpx.AsyncClient) -> None:
    """DailyApiRequests and Sforce-Limit-Info agree."""
    await client.get(f"{DATA}/limits")
    response = await client.get(f"{DATA}/limits")

    assert response.json()["DailyApiRequests"] == {"Max": 15000, "Remaining": 14998}
    assert response.headers["Sforce-Limit-Info"] == "api-usage=2/15000"


async def test_versions_need_no_session_and_unknown_ones_are_not_found(
    salesforce: SalesforceStandIn, client: httpx.AsyncClient
) -> None:
    """The list is public; v99.0 does not exist."""
    async with httpx.AsyncClient() as stranger:
        listed = await stranger.get(f"{salesforce.instance_url}/services/data/")

    assert {"label": "v66", "url": DATA, "version": "66.0"} in listed.json()
    assert error(await client.get("/services/data/v99.0/limits")) == (404, "NOT_FOUND")


async def test_contact_is_found_by_any_of_its_addresses(
    salesforce: SalesforceStandIn, client: httpx.AsyncClient
) -> None:
    """The look-up of the contract, duplicates and all; equality ignores case."""
    salesforce.org.add_contact(Email="Ana@acme.example.com", FirstName="Ana")
    salesforce.org.add_contact(MobilePhone="5512345678", CP_BlockedChatYalo__c=True)
    salesforce.org.add_contact(Phone="999")

    response = await query(
        client,
        "SELECT Id, Name, Email, Phone, MobilePhone, CP_BlockedChatYalo__c FROM Contact "
        "WHERE Email = 'ana@acme.example.com' OR MobilePhone = '5512345678' OR Phone = '5512345678' LIMIT 20",
    )

    body = response.json()
    assert (body["totalSize"], body["done"]) == (2, True)
    assert [row["CP_BlockedChatYalo__c"] for row in body["records"]] == [False, True]
    assert body["records"][0]["attributes"]["type"] == "Contact"
    assert len(body["records"][0]["Id"]) == 18


LAST_NAMES = "SELECT LastName FROM Contact"
WHERE = [
    (r"LastName = 'O\'Hara \\ co'", [r"O'Hara \ co"]),
    ("LastName LIKE 'a%'", ["Abc", "a_c", "a%c"]),
    (r"LastName LIKE 'a\_c'", ["a_c"]),
    (r"LastName LIKE 'a\%c'", ["a%c"]),
    ("LastName IN ('Abc', 'a_c')", ["Abc", "a_c"]),
    ("NOT (LastName LIKE 'a%')", [r"O'Hara \ co"]),
    ("(Email = null AND LastName = 'Abc') OR LastName = 'a_c'", ["Abc", "a_c"]),
    ("LastName = 'x' OR LastName = ''", []),
]


@pytest.mark.parametrize(("where", "expected"), WHERE, ids=[row[0] for row in WHERE])
async def test_where_means_what_it_says(
    salesforce: SalesforceStandIn, client: httpx.AsyncClient, where: str, expected: list[str]
) -> None:
    """Escapes, LIKE and the boolean operators."""
    for name in (r"O'Hara \ co", "Abc", "a_c", "a%c"):
        salesforce.org.add_contact(LastName=name)

    response = await query(client, f"{LAST_NAMES} WHERE {where}")

    assert [row["LastName"] for row in response.json()["records"]] == expected


REFUSED = [
    ("SELECT Id FROM Contact WHERE Email = 'x' OR '1'='1'", "MALFORMED_QUERY"),
    ("SELECT Id FROM Contact WHERE Email = 'it's'", "MALFORMED_QUERY"),
    (r"SELECT Id FROM Contact WHERE Email = 'a\xb'", "MALFORMED_QUERY"),
    ("SELECT Id FROM Contact WHERE Email = 'a' OR Phone = 'b' AND Name = 'c'", "MALFORMED_QUERY"),
    ("SELECT Id FROM Contact LIMIT x", "MALFORMED_QUERY"),
    ("SELECT * FROM Contact", "MALFORMED_QUERY"),
    ("", "MALFORMED_QUERY"),
    ("SELECT Nope FROM Contact", "INVALID_FIELD"),
    ("SELECT Id FROM Contact WHERE Nope = 'x'", "INVALID_FIELD"),
    ("SELECT Id FROM Nope", "INVALID_TYPE"),
    ("SELECT Nope.Name FROM GroupMember", "INVALID_FIELD"),
    ("SELECT Group.Nope FROM GroupMember", "INVALID_FIELD"),
    ("SELECT CreatedDate FROM GroupMember", "INVALID_FIELD"),
    ("SELECT Id FROM User WHERE Id IN (SELECT GroupId, UserOrGroupId FROM GroupMember)", "MALFORMED_QUERY"),
    ("SELECT Id FROM User WHERE Id IN (SELECT Name FROM Group)", "MALFORMED_QUERY"),
    (
        "SELECT Id FROM User WHERE IsActive = true OR Id IN (SELECT UserOrGroupId FROM GroupMember)",
        "MALFORMED_QUERY",
    ),
    (
        "SELECT Id FROM User WHERE Id IN "
        "(SELECT UserOrGroupId FROM GroupMember WHERE GroupId IN (SELECT Id FROM Group))",
        "MALFORMED_QUERY",
    ),
    ("SELECT Id FROM User WHERE Id IN (SELECT UserOrGroupId FROM GroupMember", "MALFORMED_QUERY"),
]


@pytest.mark.parametrize(("soql", "code"), REFUSED, ids=[row[0] for row in REFUSED])
async def test_bad_query_is_refused(client: httpx.AsyncClient, soql: str, code: str) -> None:
    """What Salesforce does not parse, or does not know, is a 400."""
    assert error(await query(client, soql)) == (400, code)


async def test_what_cannot_be_seen_is_drawn_with_a_caret_and_named(
    salesforce: SalesforceStandIn, client: httpx.AsyncClient
) -> None:
    """The words of the real one, by which a client may tell a field from an object."""
    salesforce.org.hidden_fields |= {"QueueSobject", "Group.Email"}

    hidden = (await query(client, "SELECT Id FROM QueueSobject")).json()[0]["message"]
    field = (await query(client, "SELECT Group.Email FROM GroupMember")).json()[0]["message"]
    parent = (await query(client, "SELECT Owner.Name FROM GroupMember")).json()[0]["message"]

    assert "^\nERROR at Row:1:Column:16\nsObject type 'QueueSobject' is not supported." in hidden
    assert "No such column 'Email' on entity 'Group'." in field
    assert "Didn't understand relationship 'Owner' in field path." in parent


async def test_semi_joins_and_parents_find_the_agents_of_a_queue(
    salesforce: SalesforceStandIn, client: httpx.AsyncClient
) -> None:
    """NOT IN finds those who are in none."""
    ana, bea = salesforce.org.add_user("Ana"), salesforce.org.add_user("Bea")
    salesforce.org.add_queue("Chat", ana)
    inner = "(SELECT UserOrGroupId FROM GroupMember WHERE Group.Name = 'chat')"

    inside = (await query(client, " ".join(("SELECT Name FROM User WHERE Id IN", inner)))).json()
    others = " ".join(("SELECT Name FROM User WHERE Name != null AND Id NOT IN", inner))
    outside = (await query(client, others)).json()
    owners = (await query(client, "SELECT Queue.Type FROM QueueSobject")).json()

    assert [row["Name"] for row in inside["records"]] == [ana["Name"]]
    assert [row["Name"] for row in outside["records"]] == [bea["Name"]]
    assert owners["records"][0]["Queue"] == {"attributes": {"type": "Group"}, "Type": "Queue"}


async def test_field_without_access_looks_like_a_field_that_is_not_there(
    salesforce: SalesforceStandIn, client: httpx.AsyncClient
) -> None:
    """INVALID_FIELD for the blocked flag means: cannot tell."""
    salesforce.org.hidden_fields.add("CP_BlockedChatYalo__c")

    response = await query(client, "SELECT CP_BlockedChatYalo__c FROM Contact")

    assert error(response) == (400, "INVALID_FIELD")


async def test_long_results_come_in_pages(salesforce: SalesforceStandIn, client: httpx.AsyncClient) -> None:
    """nextRecordsUrl leads to the rest; ORDER BY and OFFSET are kept."""
    salesforce.org.query_batch_size = 2
    for name in "dacbe":
        salesforce.org.add_contact(LastName=name)

    page = (await query(client, "SELECT LastName FROM Contact ORDER BY LastName DESC OFFSET 1")).json()
    names = [row["LastName"] for row in page["records"]]
    while not page["done"]:
        page = (await client.get(page["nextRecordsUrl"])).json()
        names += [row["LastName"] for row in page["records"]]

    assert names == ["d", "c", "b", "a"]


async def test_own_login_history_is_readable(salesforce: SalesforceStandIn, client: httpx.AsyncClient) -> None:
    """The query that tells why a login was refused."""
    org = salesforce.org
    for password in ("wrong", org.password + org.security_token):
        login = {"grant_type": "password", "client_id": org.client_id, "client_secret": org.client_secret}
        await client.post(
            f"{salesforce.url}/services/oauth2/token",
            data=login | {"username": org.username, "password": password},
        )

    response = await query(
        client,
        "SELECT LoginTime, Status, LoginType, Application, SourceIp FROM LoginHistory "
        "WHERE Status != 'Invalid Password' ORDER BY LoginTime DESC LIMIT 1",
    )

    assert [row["Status"] for row in response.json()["records"]] == ["Success"]


async def test_case_is_created_and_read_back(salesforce: SalesforceStandIn, client: httpx.AsyncClient) -> None:
    """POST, GET and PATCH of an sobject; required fields are required."""
    created = await client.post(f"{DATA}/sobjects/Case", json={"Subject": "Chat", "Origin": "Whatsapp"})
    location = created.headers["Location"]
    changed = await client.patch(location, json={"Subject": "Call"})
    incomplete = await client.post(f"{DATA}/sobjects/Contact", json={"Email": "a@acme.example.com"})

    assert (created.status_code, created.json()["success"], changed.status_code) == (201, True, 204)
    assert (await client.get(location)).json()["Subject"] == "Call"
    assert error(incomplete) == (400, "REQUIRED_FIELD_MISSING")


async def test_composite_answers_each_part_and_carries_references(
    salesforce: SalesforceStandIn, client: httpx.AsyncClient
) -> None:
    """A part that fails does not fail the whole; later parts use earlier results."""
    contact = salesforce.org.add_contact(Email="ana@acme.example.com")
    soql = "SELECT+Id+FROM+Contact+WHERE+Email+=+'ana@acme.example.com'"
    parts = [
        {"method": "GET", "url": f"{DATA}/query?q={soql}", "referenceId": "byEmail"},
        {
            "method": "POST",
            "url": f"{DATA}/sobjects/Case",
            "referenceId": "case",
            "body": {"ContactId": "@{byEmail.records[0].Id}"},
        },
        {"method": "GET", "url": f"{DATA}/query?q=SELECT+Nope+FROM+Contact", "referenceId": "broken"},
    ]

    response = await client.post(f"{DATA}/composite", json={"allOrNone": False, "compositeRequest": parts})

    results = {part["referenceId"]: part for part in response.json()["compositeResponse"]}
    assert [part["httpStatusCode"] for part in results.values()] == [200, 201, 400]
    assert results["broken"]["body"][0]["errorCode"] == "INVALID_FIELD"
    assert salesforce.org.store.rows("Case")[0]["ContactId"] == contact["Id"]


async def test_all_or_none_rolls_back(salesforce: SalesforceStandIn, client: httpx.AsyncClient) -> None:
    """One failure undoes the rest, which then says PROCESSING_HALTED."""
    parts = [
        {"method": "POST", "url": f"{DATA}/sobjects/Case", "referenceId": "good", "body": {"Subject": "x"}},
        {"method": "POST", "url": f"{DATA}/sobjects/Contact", "referenceId": "bad", "body": {}},
    ]

    response = await client.post(f"{DATA}/composite", json={"allOrNone": True, "compositeRequest": parts})

    codes = [part["body"][0]["errorCode"] for part in response.json()["compositeResponse"]]
    assert codes == ["PROCESSING_HALTED", "REQUIRED_FIELD_MISSING"]
    assert salesforce.org.store.rows("Case") == []
