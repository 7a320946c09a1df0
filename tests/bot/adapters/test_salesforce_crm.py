"""The Salesforce adapter against the org on loopback: verdicts, one log-in for all, and its own brakes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from bot.adapters.salesforce import LoginLimits, SalesforceCredentials, SalesforceCrm
from bot.domain.salesforce import AccessToken, CallVerdict, TokenAnswer, TokenVerdict
from bot.ports.logins import Attempt
from lab.estate.faults import Fault
from lab.estate.salesforce.server import TOKEN_PATH, SalesforceStandIn


class HandClock:
    """Time that moves when the test moves it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        """The wall time."""
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """The same, in seconds."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Moves on."""
        self.seconds += seconds


class ListBook:
    """A login book in memory."""

    def __init__(self) -> None:
        self.attempts: list[tuple[str, Attempt]] = []

    async def record(self, target: str, at: datetime, ok: bool, fingerprint: str) -> None:
        """Adds one."""
        self.attempts.append((target, Attempt(at, ok, fingerprint)))

    async def since(self, target: str, at: datetime) -> tuple[Attempt, ...]:
        """Those of the target, oldest first."""
        return tuple(one for name, one in self.attempts if name == target and one.at >= at)


class World:
    """The org, a clock, a book, and crms that are closed at the end."""

    def __init__(self, stand_in: SalesforceStandIn) -> None:
        self.stand_in = stand_in
        self.clock = HandClock()
        self.book = ListBook()
        self.opened: list[SalesforceCrm] = []

    @property
    def asked(self) -> int:
        """How many log-ins reached the org."""
        return len(self.stand_in.token_requests)

    def credentials(self, **changes: str) -> SalesforceCredentials:
        """The right ones, but for the changes."""
        org = self.stand_in.org
        right = {
            "login_url": self.stand_in.login_url,
            "username": org.username,
            "client_id": org.client_id,
            "client_secret": org.client_secret,
            "password": org.password,
            "security_token": org.security_token,
        }
        return SalesforceCredentials(**{**right, **changes})

    def crm(
        self, limits: LoginLimits | None = None, deadline_seconds: float = 5.0, **changes: str
    ) -> SalesforceCrm:
        """An adapter as the composition root makes it."""
        crm = SalesforceCrm(
            self.credentials(**changes),
            target="acme-prod",
            book=self.book,
            clock=self.clock,
            limits=limits,
            api_version="v66.0",
            deadline_seconds=deadline_seconds,
        )
        self.opened.append(crm)
        return crm


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A fresh org for each test."""
    async with SalesforceStandIn() as stand_in:
        made = World(stand_in)
        yield made
        for crm in made.opened:
            await crm.aclose()


async def test_a_log_in_and_a_call_work(world: World) -> None:
    """Password and security token joined, form-encoded; the call goes to the instance."""
    crm = world.crm()

    token = await crm.log_in()
    answer = await crm.call(token)

    assert (token.verdict, token.status, token.instance_url) == (TokenVerdict.OK, 200, world.stand_in.instance_url)
    assert (answer.verdict, answer.requests_max) == (CallVerdict.OK, 15_000)
    request = world.stand_in.token_requests[0]
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert "password=acme-passwordAcmeSecurityToken01" in request.body


async def test_checks_that_ask_at_once_cost_one_log_in(world: World) -> None:
    """Single flight; and a little later the answer comes from memory, with its age."""
    crm = world.crm()

    answers = await asyncio.gather(*(crm.log_in() for _ in range(5)))
    world.clock.seconds += 15
    later = await crm.log_in()

    assert world.asked == 1
    assert {answer.asked_seconds_ago for answer in answers} == {0.0}
    assert (later.verdict, later.asked_seconds_ago) == (TokenVerdict.OK, 15.0)


async def test_a_caller_who_gives_up_does_not_cut_the_others_off(world: World) -> None:
    """One check's deadline must not end the request that another waits for."""
    world.stand_in.faults.add(Fault.slow(0.2, path=TOKEN_PATH))
    crm = world.crm()
    patient = asyncio.create_task(crm.log_in())

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await crm.log_in()

    assert (await patient).verdict is TokenVerdict.OK
    assert world.asked == 1


async def test_a_success_is_asked_anew_when_it_is_old(world: World) -> None:
    """20 s by default."""
    crm = world.crm()
    await crm.log_in()
    world.clock.seconds += 21

    again = await crm.log_in()

    assert (world.asked, again.asked_seconds_ago) == (2, 0.0)


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"password": "wrong"}, TokenVerdict.AUTHENTICATION_FAILURE),
        ({"security_token": ""}, TokenVerdict.AUTHENTICATION_FAILURE),
        ({"client_secret": "wrong"}, TokenVerdict.INVALID_CLIENT),
        ({"client_id": "wrong"}, TokenVerdict.INVALID_CLIENT_ID),
    ],
)
async def test_wrong_credentials_give_their_verdict(
    world: World, changes: dict[str, str], verdict: TokenVerdict
) -> None:
    """In Salesforce's own words; no call is made without a token."""
    crm = world.crm(**changes)

    answer = await crm.log_in()

    assert (answer.verdict, answer.status) == (verdict, 400)
    assert answer.error
    assert (await crm.call(answer)).verdict is CallVerdict.NOT_ASKED


async def test_an_expired_password_logs_in_and_fails_every_call(world: World) -> None:
    """Both statuses that Salesforce has used for it."""
    world.stand_in.org.password_is_expired = True
    crm = world.crm()
    token = await crm.log_in()

    recent = await crm.call(token)
    world.stand_in.org.expired_password_status = 403
    older = await crm.call(token)

    assert token.verdict is TokenVerdict.OK
    assert [(one.verdict, one.status) for one in (recent, older)] == [
        (CallVerdict.EXPIRED_PASSWORD, 401),
        (CallVerdict.EXPIRED_PASSWORD, 403),
    ]


async def test_an_empty_token_is_called_with_to_show_the_header_error(world: World) -> None:
    """The same request that the middleware makes with it."""
    world.stand_in.org.sends_empty_token = True
    crm = world.crm()

    token = await crm.log_in()
    answer = await crm.call(token)

    assert token.verdict is TokenVerdict.EMPTY
    assert (answer.verdict, answer.message) == (CallVerdict.INVALID_AUTH_HEADER, "INVALID_HEADER_TYPE")


async def test_a_revoked_session_is_forgotten(world: World) -> None:
    """The next log-in asks for a fresh token although the last success is young."""
    crm = world.crm()
    token = await crm.log_in()
    world.stand_in.org.revoke_sessions()

    revoked = await crm.call(token)
    renewed = await crm.call(await crm.log_in())

    assert (revoked.verdict, renewed.verdict) == (CallVerdict.INVALID_SESSION, CallVerdict.OK)
    assert world.asked == 2


async def test_three_failures_hold_back_the_fourth(world: World) -> None:
    """With the last verdict, its age, and when the next is allowed; a restart changes nothing."""
    crm = world.crm(password="wrong")
    for _ in range(3):
        await crm.log_in()
        world.clock.seconds += 40

    held = await crm.log_in()
    after_restart = await world.crm(password="wrong").log_in()

    assert world.asked == 3
    assert (held.verdict, held.asked_seconds_ago) == (TokenVerdict.AUTHENTICATION_FAILURE, 40.0)
    assert held.retry_after_seconds == 900 - 120
    assert (after_restart.verdict, after_restart.retry_after_seconds) == (TokenVerdict.HELD_BACK, 780)


async def test_the_hold_ends_with_the_window(world: World) -> None:
    """Then one more may try."""
    crm = world.crm(password="wrong")
    for _ in range(3):
        await crm.log_in()
    world.clock.seconds += 901

    assert (await crm.log_in()).retry_after_seconds == 0.0
    assert world.asked == 4


async def test_a_wrong_password_never_locks_the_account(world: World) -> None:
    """Asked every minute for a day, the org still takes the right one at the end."""
    crm = world.crm(password="wrong")
    for _ in range(24 * 60):
        held = await crm.log_in()
        world.clock.seconds += 60

    assert world.asked == 5
    assert held.verdict is TokenVerdict.AUTHENTICATION_FAILURE
    assert not world.stand_in.org.is_locked()
    assert (await world.crm().log_in()).verdict is TokenVerdict.OK


async def test_new_credentials_start_a_new_count(world: World) -> None:
    """Who corrects the password is not made to wait."""
    wrong = world.crm(password="wrong")
    for _ in range(4):
        await wrong.log_in()

    assert (await world.crm().log_in()).verdict is TokenVerdict.OK


async def test_a_success_forgives_the_failures_before_it(world: World) -> None:
    """As Salesforce itself counts."""
    crm = world.crm()
    org = world.stand_in.org
    for _ in range(2):
        org.refuse_token_with = ("invalid_grant", "authentication failure")
        await crm.log_in()
        await crm.log_in()
        org.refuse_token_with = None
        assert (await crm.log_in()).verdict is TokenVerdict.OK
        world.clock.seconds += 30


async def test_log_ins_are_few_in_an_hour(world: World) -> None:
    """Good ones too: 3,600 an hour is the org's limit, ours is far below."""
    crm = world.crm(LoginLimits(reuse_seconds=1.0, per_hour=5))
    for _ in range(8):
        answer = await crm.log_in()
        world.clock.seconds += 60

    assert world.asked == 5
    assert answer.verdict is TokenVerdict.OK
    assert answer.retry_after_seconds == 3600 - 7 * 60


async def test_after_a_rate_limit_testing_stops_for_an_hour(world: World) -> None:
    """Asking on would keep the limit used up."""
    world.stand_in.org.refuse_token_with = ("invalid_grant", "login rate exceeded")
    crm = world.crm()
    await crm.log_in()
    world.clock.seconds += 3_599

    held = await crm.log_in()
    world.clock.seconds += 2
    world.stand_in.org.refuse_token_with = None
    allowed = await crm.log_in()

    assert (held.verdict, held.retry_after_seconds) == (TokenVerdict.RATE_EXCEEDED, 1.0)
    assert allowed.verdict is TokenVerdict.OK
    assert world.asked == 2


@pytest.mark.parametrize(
    ("fault", "verdict", "words"),
    [
        (Fault.html(), TokenVerdict.UNREADABLE, "text/html"),
        (Fault.empty(), TokenVerdict.UNREADABLE, "an empty body"),
        (Fault.json(200, ["x"]), TokenVerdict.UNREADABLE, "application/json"),
        (Fault.unavailable(), TokenVerdict.UNREACHABLE, "HTTP 503"),
        (Fault.dropped(), TokenVerdict.UNREACHABLE, "cannot be reached"),
        (Fault.silent(), TokenVerdict.UNREACHABLE, "did not answer within 0.3 s"),
        (
            Fault(301, headers={"Location": "https://login.example.com/services/oauth2/token"}),
            TokenVerdict.UNSUPPORTED_GRANT,
            "not followed",
        ),
        (Fault(200, "x" * 600_000), TokenVerdict.UNREADABLE, "xxx"),
    ],
)
async def test_what_is_no_answer_gets_a_verdict_and_evidence(
    world: World, fault: Fault, verdict: TokenVerdict, words: str
) -> None:
    """Never an exception, never a wait beyond the deadline."""
    world.stand_in.faults.add(fault)

    answer = await world.crm(deadline_seconds=0.3).log_in()

    assert answer.verdict is verdict
    assert words in answer.description


async def test_a_host_that_was_never_reached_counts_for_nothing(world: World) -> None:
    """No log-in arrived, so none is counted; an answer that got lost may have been a bad password."""
    await world.crm(login_url="http://127.0.0.1:1").log_in()
    assert world.book.attempts == []

    world.stand_in.faults.add(Fault.silent())
    await world.crm(deadline_seconds=0.2).log_in()
    assert [one.ok for _, one in world.book.attempts] == [False]


async def test_a_call_that_cannot_be_made_is_unreachable(world: World) -> None:
    """The instance may be down while the login host works."""
    crm = world.crm(deadline_seconds=0.3)
    nowhere = TokenAnswer(TokenVerdict.OK, token=AccessToken("00D!x"), instance_url="http://127.0.0.1:1")

    answer = await crm.call(nowhere)

    assert (answer.verdict, answer.status) == (CallVerdict.UNREACHABLE, 0)


async def test_no_secret_is_ever_shown(world: World) -> None:
    """Not if the peer echoes it, not in any repr."""
    credentials = world.credentials()
    echo = {
        "error": "invalid_grant",
        "error_description": f"bad {credentials.form(world.clock.now())['password']}",
    }
    world.stand_in.faults.add(Fault.json(400, echo, path=TOKEN_PATH))

    answer = await world.crm().log_in()

    shown = f"{answer!r} {credentials!r} {world.book.attempts!r}"
    secrets = (credentials.password, credentials.security_token, credentials.client_secret)
    assert not any(secret in shown for secret in secrets)
    assert "bad [redacted]" in answer.description


async def test_a_client_of_ones_own_is_used(world: World) -> None:
    """So that a proxy or a CA can be set up by the composition root."""
    seen: list[str] = []

    async def note(request: httpx.Request) -> None:
        seen.append(request.url.path)

    http = httpx.AsyncClient(event_hooks={"request": [note]})
    crm = SalesforceCrm(world.credentials(), target="t", book=world.book, clock=world.clock, http=http)
    await crm.log_in()
    await crm.aclose()

    assert seen == [TOKEN_PATH]
