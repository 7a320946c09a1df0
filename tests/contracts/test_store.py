"""The store's contract, held by SQLite and by PostgreSQL alike."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from cryptography.fernet import Fernet
from sqlalchemy import Connection, text

from bot.adapters.store.schema import metadata
from bot.adapters.store.store import Retention, Store, open_store
from bot.domain.approval import Choice, Decision
from bot.domain.audit import AuditEvent
from bot.domain.errors import BadAnswer, NotFound, SfintError, Unreachable
from bot.domain.page import Page, PageState
from bot.domain.redaction import Redactor
from bot.domain.remediation import Binding, Fact, Plan, StepCall
from bot.domain.run import RunRequest, RunState
from bot.domain.runbook import Severity, Team
from bot.ports.freeze import FreezeState
from bot.ports.inbox import Arrival, Received
from bot.ports.lookups import Lookup
from bot.ports.outbox import Manner
from bot.usecases.verify_audit import verify_audit
from tests.contracts import throwaway_postgres

T0 = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
KEY = Fernet.generate_key().decode()
WORKLOAD = "statefulset/acme/redis-sentinel-node"
SECRET = "planted-S3cret/value&more"
Open = Callable[..., Awaitable[Store]]


class SetClock:
    """Time that a test sets."""

    def __init__(self) -> None:
        self.at = T0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Path]:
    with throwaway_postgres.cluster() as home:
        yield home


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state' / 'sfint.db'}"
    home: Path = request.getfixturevalue("postgres")
    return throwaway_postgres.create_database(home, f"t{abs(hash(request.node.nodeid)):x}")


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def opening(url: str, clock: SetClock) -> AsyncIterator[Open]:
    opened: list[Store] = []

    async def open_it(*keys: str) -> Store:
        opened.append(await open_store(url, keys or (KEY,), Redactor([SECRET]), clock))
        return opened[-1]

    yield open_it
    for store in opened:
        await store.close()


@pytest.fixture
async def store(opening: Open) -> Store:
    return await opening()


def received(key: str, **facts: str) -> Received:
    return Received(key, Arrival.COMMAND, facts or {"text": "status", "user_id": "U1"}, T0)


def page(key: str = "sfint/acme-prod/redis-failure/ops") -> Page:
    return Page(
        key,
        "acme-prod",
        "redis-failure",
        Team.OPS,
        Severity.CRITICAL,
        "no master",
        "C1",
        None,
        PageState.QUEUED,
        T0,
    )


def request(run_id: str = "run-1", **changes: object) -> RunRequest:
    binding = Binding("restart-sentinel", "acme-prod", WORKLOAD, "uid-1", "ab" * 32, "no-master", "full", 3, False)
    step = StepCall("statefulset.scale", "Scale to 0", {"name": "redis-sentinel-node", "replicas": 0, "wait": 1.5})
    plan = Plan(
        binding, "Restart", "redis-failure", ("why",), ("risk",), "3", (Fact("pods", "3"),), (step,), (step,)
    )
    return RunRequest(run_id, replace(plan, **changes), "U1", "T1", "C1", T0, T0 + timedelta(minutes=15))


def decision(by: str, run_id: str = "run-1", **changes: str) -> Decision:
    return Decision(run_id, Choice.APPROVE, request().plan.hash, by, "T1", T0, **changes)


def event(action: str = "run.started", **details: str) -> AuditEvent:
    return AuditEvent(action, "U1", "acme-prod", "run-1", T0, details)


async def execute(store: Store, *statements: str) -> None:
    """Does to the tables what nobody should."""
    await store.database.run(lambda connection: [connection.execute(text(each)) for each in statements])


async def disarm(store: Store, url: str) -> None:
    """Removes the triggers of the ledger, as an intruder with the database's password would."""
    if url.startswith("sqlite"):
        await execute(store, "DROP TRIGGER ledger_no_update", "DROP TRIGGER ledger_no_delete")
    else:
        await execute(store, "DROP TRIGGER ledger_append_only ON ledger")


# The schema


async def test_migrations_build_the_schema_that_the_code_expects(store: Store) -> None:
    """The tables written down in schema.py are those that the revisions create."""

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_server_default": False})
        return list(compare_metadata(context, metadata))

    assert await store.database.run(differences) == []


async def test_two_processes_may_open_an_empty_database_together(opening: Open) -> None:
    """Replicas that start at once migrate one after the other."""
    stores = await asyncio.gather(*[opening() for _ in range(4)])

    assert all([await store.inbox.record(received(f"k{i}")) for i, store in enumerate(stores)])


async def test_a_broken_table_is_unreachable_while_ping_still_answers(store: Store) -> None:
    """SQL errors come out as ours."""
    await store.ping()

    await execute(store, "DROP TABLE inbox")
    with pytest.raises(Unreachable):
        await store.inbox.pending()


async def test_a_database_that_cannot_be_opened_is_unreachable(clock: SetClock, tmp_path: Path) -> None:
    """The error is one of ours and names no password."""
    for url in (f"sqlite:///{tmp_path}", "postgresql+psycopg://u:planted-pw@127.0.0.1:1/x"):
        with pytest.raises((Unreachable, OSError)) as refused:
            await open_store(url, [KEY], Redactor(), clock)

        assert "planted-pw" not in str(refused.value)


@pytest.mark.parametrize("keys", [[], ["short"]])
async def test_a_store_without_a_good_key_does_not_open(url: str, clock: SetClock, keys: list[str]) -> None:
    """Facts are never stored in the clear because a key was forgotten."""
    with pytest.raises(ValueError, match="Fernet key"):
        await open_store(url, keys, Redactor(), clock)


# The inbox


async def test_the_inbox_gives_back_what_arrived_in_order(store: Store) -> None:
    """Facts survive encryption; the oldest comes first."""
    rows = [received(f"k{i}", text=f"runbook {i} ñ", response_url="https://x/1") for i in range(3)]
    for row in rows:
        assert await store.inbox.record(row)

    assert await store.inbox.pending() == tuple(rows)


async def test_two_hundred_deliveries_of_one_key_are_recorded_once(store: Store) -> None:
    """Exactly one of the racing retries is told that it was first."""
    answers = await asyncio.gather(*[store.inbox.record(received("same")) for _ in range(200)])

    assert sum(answers) == 1
    assert len(await store.inbox.pending()) == 1


async def test_done_erases_the_facts_and_keeps_the_key(store: Store, clock: SetClock) -> None:
    """A late duplicate is still known, until the key is pruned."""
    await store.inbox.record(received("k1"))
    await store.inbox.done("k1")

    left = await store.database.run(
        lambda connection: connection.execute(text("SELECT facts FROM inbox")).scalars().all()
    )
    assert list(left) == [None]
    assert await store.inbox.pending() == ()
    assert not await store.inbox.record(received("k1"))
    assert await store.inbox.prune(T0) == 0
    assert await store.inbox.prune(T0 + timedelta(seconds=1)) == 1
    assert await store.inbox.record(received("k1"))


async def test_failures_are_counted_and_their_problem_is_redacted(store: Store) -> None:
    """The count tells when to give up."""
    await store.inbox.record(received("k1"))

    assert [await store.inbox.failed("k1", f"token={SECRET}") for _ in range(3)] == [1, 2, 3]
    assert await store.inbox.failed("unknown", "") == 0


async def test_keys_of_the_inbox_can_be_changed(opening: Open, caplog: pytest.LogCaptureFixture) -> None:
    """Old rows open with the old key behind the new one; without it they wait and are complained about."""
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    await (await opening(old)).inbox.record(received("k1"))

    assert len(await (await opening(new, old)).inbox.pending()) == 1
    assert await (await opening(new)).inbox.pending() == ()
    assert "k1" in caplog.text
    assert len(await (await opening(old)).inbox.pending()) == 1


# The outbox


async def test_the_outbox_keeps_the_order_within_a_channel(store: Store) -> None:
    """Rows come out as they came in, one channel not behind another."""
    for key, channel in (("a", "C2"), ("b", "C1"), ("c", "C1")):
        await store.outbox.put(key, channel, Manner.POST, None, {"text": key})

    assert await store.outbox.unsent_channels() == ("C2", "C1")
    first = await store.outbox.next("C1")
    assert first is not None
    assert (first.key, first.body, first.version, first.sent_version, first.ts) == ("b", {"text": "b"}, 1, 0, None)
    await store.outbox.sent("b", 1, "1.0")
    second = await store.outbox.next("C1")
    assert second is not None
    assert second.key == "c"
    assert await store.outbox.lag() == 2


async def test_an_edit_before_sending_replaces_the_body_and_keeps_the_place(store: Store) -> None:
    """A card is one row, however often it changes."""
    await store.outbox.put("a", "C1", Manner.POST, None, {"text": "old"})
    await store.outbox.put("b", "C1", Manner.POST, "a", {"text": "later"})
    await store.outbox.put("a", "C1", Manner.POST, None, {"text": "new"})

    row = await store.outbox.next("C1")
    assert row is not None
    assert (row.key, row.number, row.version, row.body) == ("a", 1, 2, {"text": "new"})
    assert await store.outbox.lag() == 2


async def test_the_outbox_knows_since_when_something_waits(store: Store, clock: SetClock) -> None:
    """An edit of an old card has waited since the edit, and not since the card."""
    await store.outbox.put("a", "C1", Manner.POST, None, {"text": "old"})
    clock.at = T0 + timedelta(seconds=10)
    assert await store.outbox.oldest_unsent() == T0
    await store.outbox.sent("a", 1, "1.0")
    assert await store.outbox.oldest_unsent() is None
    clock.at = edited = T0 + timedelta(hours=1)
    await store.outbox.put("a", "C1", Manner.POST, None, {"text": "new"})
    clock.at = T0 + timedelta(hours=2)
    await store.outbox.put("a", "C1", Manner.POST, None, {"text": "newer"})
    await store.outbox.put("b", "C1", Manner.POST, None, {"text": "other"})

    assert await store.outbox.oldest_unsent() == edited
    await store.outbox.sent("a", 2, "1.0")
    assert await store.outbox.oldest_unsent() == clock.at


async def test_the_inbox_counts_what_is_not_done(store: Store) -> None:
    """What nobody has answered yet."""
    await store.inbox.record(received("a"))
    await store.inbox.record(received("b"))
    await store.inbox.done("a")

    assert await store.inbox.backlog() == 1


async def test_an_edit_while_sending_is_sent_after_it(store: Store) -> None:
    """The answer to version 1 does not count for version 2."""
    await store.outbox.put("a", "C1", Manner.POST, None, {"text": "old"})
    await store.outbox.attempting("a")
    attempted = await store.outbox.row("a")
    await store.outbox.put("a", "C1", Manner.POST, None, {"text": "new"})
    await store.outbox.sent("a", 1, "1.0")

    row = await store.outbox.next("C1")
    assert attempted is not None
    assert attempted.attempted
    assert row is not None
    assert (row.version, row.sent_version, row.ts, row.attempted) == (2, 1, "1.0", False)
    await store.outbox.sent("a", 2, None)
    settled = await store.outbox.row("a")
    assert settled is not None
    assert settled.ts == "1.0"
    assert await store.outbox.next("C1") is None


async def test_what_slack_refused_is_given_up_until_it_is_edited(store: Store) -> None:
    """One bad card does not hold up its channel."""
    await store.outbox.put("a", "C1", Manner.POST, None, {"text": "bad"})
    await store.outbox.put("b", "C1", Manner.POST, None, {"text": "good"})
    await store.outbox.refused("a", 1, "invalid_blocks")

    following = await store.outbox.next("C1")
    assert following is not None
    assert following.key == "b"
    await store.outbox.put("a", "C1", Manner.POST, None, {"text": "better"})
    again = await store.outbox.next("C1")
    assert again is not None
    assert (again.key, again.attempted) == ("a", False)


async def test_a_response_url_is_kept_sealed_until_it_was_used(store: Store) -> None:
    """It is a secret, and the sender needs it."""
    body = {"text": "hi", "response_url": "https://hooks.slack.com/commands/T1/2/planted"}
    await store.outbox.put("a", "C1", Manner.RESPONSE_URL, None, body)

    row = await store.outbox.next("C1")
    assert row is not None
    assert row.body == body
    await store.outbox.sent("a", 1, None)
    used = await store.outbox.row("a")
    assert used is not None
    assert used.body == {"text": "hi"}


async def test_bodies_are_redacted_on_the_way_in(store: Store) -> None:
    """The gate stands before the database, whoever rendered the card."""
    await store.outbox.put(
        "a", "C1", Manner.POST, None, {"text": f"x {SECRET}", "blocks": [{"text": "Password:hunter22"}]}
    )

    row = await store.outbox.row("a")
    assert row is not None
    assert row.body == {"text": "x ***", "blocks": [{"text": "Password:***"}]}


# Pages


async def test_a_page_is_opened_once_until_it_is_resolved(store: Store) -> None:
    """Racing findings page a team once; the next incident pages again."""
    answers = await asyncio.gather(*[store.pages.open(page()) for _ in range(20)])

    assert sum(is_new for _, is_new in answers) == 1
    await store.pages.move(page().key, PageState.RESOLVED)
    again, is_new = await store.pages.open(replace(page(), summary="again"))
    assert is_new
    assert again.summary == "again"
    assert await store.pages.get(page().key) == again


async def test_a_page_never_goes_back(store: Store) -> None:
    """A late answer of the provider undoes no acknowledgement; a failed page may be tried again."""
    await store.pages.open(page())
    move, key = store.pages.move, page().key
    await move(key, PageState.FAILED, problem="timeout")
    await move(key, PageState.QUEUED)
    await move(key, PageState.ACCEPTED)
    await move(key, PageState.ACKNOWLEDGED, by="U7")
    late = await move(key, PageState.ACCEPTED)
    other = await move(key, PageState.ACKNOWLEDGED, by="U8")
    resolved = await move(key, PageState.RESOLVED, reason="healthy again")
    reopened = await move(key, PageState.ACKNOWLEDGED, by="U9")

    assert late is not None
    assert late.state is PageState.ACKNOWLEDGED
    assert other is not None
    assert other.by == "U7"
    assert resolved is not None
    assert (resolved.state, resolved.reason, resolved.by, resolved.problem) == (
        PageState.RESOLVED,
        "healthy again",
        "U7",
        "",
    )
    assert reopened == resolved
    assert await move("unknown", PageState.RESOLVED) is None


async def test_the_provider_is_owed_each_state_of_ours_once(store: Store) -> None:
    """Queued, acknowledged and resolved are told; accepted and failed are its own words."""
    key = page().key
    await store.pages.open(page())
    owed: list[list[PageState]] = []
    for state in (PageState.ACCEPTED, PageState.ACKNOWLEDGED, PageState.RESOLVED):
        owed.append([each.state for each in await store.pages.owed()])
        await store.pages.move(key, state)
    owed.append([each.state for each in await store.pages.owed()])
    await store.pages.told(key, PageState.RESOLVED)

    assert owed == [[PageState.QUEUED], [], [PageState.ACKNOWLEDGED], [PageState.RESOLVED]]
    assert await store.pages.owed() == ()
    assert await store.pages.prune(T0 + timedelta(days=1)) == 1


# Runs


async def test_a_run_is_opened_once_and_comes_back_whole(store: Store) -> None:
    """Every field of the plan survives, and so does its hash."""
    first = await store.runs.open(request())
    second = await store.runs.open(request(title="another"))

    assert first.request == second.request == request()
    assert first.request.plan.hash == request().plan.hash
    assert (first.state, first.decision, first.ended_at) == (RunState.WAITING, None, None)
    assert await store.runs.get("unknown") is None


async def test_of_fifty_racing_decisions_one_stands(opening: Open) -> None:
    """Everybody is told the same decision, whichever process they clicked at."""
    stores = [await opening(), await opening()]
    await stores[0].runs.open(request())

    standing = await asyncio.gather(*[stores[i % 2].runs.decide(decision(f"U{i}")) for i in range(50)])

    assert len(set(standing)) == 1
    record = await stores[1].runs.get("run-1")
    assert record is not None
    assert record.decision == standing[0]


async def test_a_run_expires_or_is_decided_and_never_both(store: Store) -> None:
    """A click in the moment of the expiry either stands, and the run goes on, or is told that it came too late."""
    await store.runs.open(request())
    await store.runs.decide(decision("U2"))
    await store.runs.move("run-1", RunState.EXPIRED, at=T0)
    decided = await store.runs.get("run-1")
    await store.runs.open(replace(request(), run_id="run-2"))
    await store.runs.move("run-2", RunState.EXPIRED, at=T0)

    assert decided is not None
    assert decided.state is RunState.WAITING
    assert await store.runs.decide(decision("U2", "run-2")) is None


async def test_a_decision_about_an_unknown_run_is_not_found(store: Store) -> None:
    """Nothing is written for it."""
    with pytest.raises(NotFound):
        await store.runs.decide(decision("U2", "unknown"))


async def test_a_final_state_is_never_left(store: Store) -> None:
    """A process that wakes up late changes nothing."""
    await store.runs.open(request())
    await store.runs.move("run-1", RunState.RUNNING, at=T0)
    await store.runs.move("run-1", RunState.RESTORED, at=T0 + timedelta(minutes=2), summary=f"pw {SECRET}")
    await store.runs.move("run-1", RunState.RUNNING, at=T0 + timedelta(minutes=3), summary="awake")

    record = await store.runs.get("run-1")
    assert record is not None
    assert (record.state, record.summary) == (RunState.RESTORED, "pw ***")
    assert record.ended_at == T0 + timedelta(minutes=2)


async def test_the_book_knows_who_works_on_a_workload_and_when_it_was_last_changed(store: Store) -> None:
    """A denied run is no change; a restored one is."""
    for number, end in enumerate((RunState.SUCCEEDED, RunState.DENIED, RunState.RESTORED, RunState.STOPPED)):
        await store.runs.open(request(f"run-{number}"))
        await store.runs.move(f"run-{number}", end, at=T0 + timedelta(minutes=number))
    await store.runs.open(request("run-9"))

    assert await store.runs.last_change(WORKLOAD) == T0 + timedelta(minutes=2)
    assert await store.runs.last_change("deployment/acme/other") is None
    assert [record.request.run_id for record in await store.runs.active(WORKLOAD)] == ["run-9"]
    assert await store.runs.active("deployment/acme/other") == ()
    assert [record.request.run_id for record in await store.runs.unfinished()] == ["run-9"]
    assert await store.runs.prune(T0 + timedelta(days=1)) == 4


async def test_a_plan_is_redacted_where_people_read_and_refused_where_steps_act(store: Store) -> None:
    """Masking what a step acts on would make it act on `***`."""
    kept = await store.runs.open(request(why=(f"saw {SECRET}",)))

    assert kept.request.plan.why == ("saw ***",)
    assert kept.request.plan.hash == request().plan.hash
    leaking = StepCall("secret.write", "Write", {"data": SECRET})
    with pytest.raises(BadAnswer, match="run-2"):
        await store.runs.open(request("run-2", steps=(leaking,)))
    assert await store.runs.get("run-2") is None


# The ledger


async def test_the_ledger_numbers_without_gaps_whoever_writes(opening: Open) -> None:
    """Two replicas appending at once make one chain."""
    stores = [await opening(), await opening()]
    await asyncio.gather(*[stores[i % 2].ledger.record(event(n=str(i))) for i in range(40)])

    verdict = await verify_audit(stores[0].ledger)
    assert (verdict.ok, verdict.lines, verdict.problem) == (True, 40, "")
    assert [line.number async for line in stores[1].ledger.lines()] == list(range(1, 41))


async def test_the_ledger_gives_back_what_it_hashed(store: Store) -> None:
    """Times in another zone and redacted details verify after a round trip."""
    local = datetime.fromisoformat("2026-03-01T04:00:00.000100+01:00")
    line = await store.ledger.record(replace(event(seen=f"Password:{SECRET}", plain="ok"), at=local))

    assert [each async for each in store.ledger.lines()] == [line]
    assert line.event.details == {"seen": "Password:***", "plain": "ok"}
    assert line.event.at == local
    assert (await verify_audit(store.ledger, line.hash)).ok


@pytest.mark.parametrize("statement", ["UPDATE ledger SET actor = 'U9'", "DELETE FROM ledger"])
async def test_the_database_itself_refuses_to_change_the_ledger(store: Store, statement: str) -> None:
    """Not even a mistaken statement of ours can rewrite history."""
    await store.ledger.record(event())

    with pytest.raises(SfintError, match="append-only"):
        await execute(store, statement)
    assert (await verify_audit(store.ledger)).lines == 1


@pytest.mark.parametrize(
    ("statement", "broken_at", "problem"),
    [
        ("UPDATE ledger SET actor = 'U9' WHERE number = 4", 4, "changed"),
        ("UPDATE ledger SET details = '{}' WHERE number = 1", 1, "changed"),
        ("UPDATE ledger SET at = 'yesterday' WHERE number = 3", 3, "cannot be read"),
        ("DELETE FROM ledger WHERE number = 5", 5, "missing"),
        ("UPDATE ledger SET previous = 'x' WHERE number = 2", 2, "does not follow"),
        ("DELETE FROM ledger WHERE number > 4", 5, "cut off"),
    ],
)
async def test_tampering_is_found_at_its_line(
    store: Store, url: str, statement: str, broken_at: int, problem: str
) -> None:
    """Whoever gets past the triggers is found out by the chain, or by a head kept elsewhere."""
    for number in range(6):
        head = (await store.ledger.record(event(n=str(number)))).hash
    await disarm(store, url)
    await execute(store, statement)

    verdict = await verify_audit(store.ledger, head)
    assert not verdict.ok
    assert verdict.broken_at == broken_at
    assert problem in verdict.problem


async def test_a_long_ledger_is_read_whole(store: Store) -> None:
    """More lines than are read at a time."""

    async def record(number: int) -> None:
        await store.ledger.record(event(n=str(number)))

    await asyncio.gather(*[record(number) for number in range(501)])

    assert (await verify_audit(store.ledger)).lines == 501


# Freeze and log-ins


async def test_the_freeze_is_kept(store: Store) -> None:
    """The last word counts."""
    assert await store.freezer.state() == FreezeState(False)
    frozen = FreezeState(True, "U1", "deploy in progress", T0)
    await store.freezer.set(frozen)

    assert await store.freezer.state() == frozen
    thawed = FreezeState(False, "U2", "", T0)
    await store.freezer.set(thawed)
    assert await store.freezer.state() == thawed


async def test_log_ins_are_remembered_by_target(store: Store) -> None:
    """What the limiter counts survives a restart."""
    for minute, ok in ((0, False), (5, False), (10, True)):
        await store.logins.record("acme-prod", T0 + timedelta(minutes=minute), ok, f"f{minute}")
    await store.logins.record("other", T0 + timedelta(minutes=6), True, "x")

    found = await store.logins.since("acme-prod", T0 + timedelta(minutes=5))
    assert [(attempt.ok, attempt.fingerprint) for attempt in found] == [(False, "f5"), (True, "f10")]
    assert await store.logins.prune(T0 + timedelta(minutes=6)) == 2


def lookup(key: str, minute: float, person: str = "U1", target: str = "acme-prod") -> Lookup:
    """One contact asked for, so many minutes after the beginning."""
    return Lookup(key, target, person, T0 + timedelta(minutes=minute))


async def test_a_person_looks_up_so_many_contacts_in_a_window(store: Store) -> None:
    """The oldest of them says when the next one may be; others, and other targets, have budgets of their own."""
    window, claim = timedelta(minutes=5), store.lookups.claim
    for key, minute in (("a", 0.0), ("b", 2.0)):
        assert await claim(lookup(key, minute), most=2, window=window) is None

    assert await claim(lookup("c", 3.0), most=2, window=window) == T0 + timedelta(minutes=5)
    assert await claim(lookup("d", 3.0, person="U2"), most=2, window=window) is None
    assert await claim(lookup("e", 3.0, target="other"), most=2, window=window) is None
    assert await claim(lookup("c", 5.0), most=2, window=window) is None
    assert await claim(lookup("f", 5.0), most=2, window=window) == T0 + timedelta(minutes=7)


async def test_a_look_up_that_is_taken_up_again_counts_once(store: Store) -> None:
    """After a crash the same request comes back, and what it was granted it keeps."""
    window, claim = timedelta(minutes=5), store.lookups.claim

    for _ in range(3):
        assert await claim(lookup("a", 0.0), most=1, window=window) is None
    assert await claim(lookup("b", 0.0), most=1, window=window) is not None


async def test_a_restart_renews_no_budget(opening: Open) -> None:
    """Nor does another replica have one of its own."""
    window = timedelta(minutes=5)
    assert await (await opening()).lookups.claim(lookup("a", 0.0), most=1, window=window) is None

    assert await (await opening()).lookups.claim(lookup("b", 1.0), most=1, window=window) is not None


async def test_of_many_look_ups_at_once_no_more_pass_than_may(store: Store) -> None:
    """Counting and writing are one."""
    claims = [store.lookups.claim(lookup(str(n), 0.0), most=3, window=timedelta(minutes=5)) for n in range(20)]

    assert (await asyncio.gather(*claims)).count(None) == 3
    assert await store.lookups.prune(T0 + timedelta(minutes=1)) == 3


async def test_pruning_keeps_what_is_not_over(store: Store, clock: SetClock) -> None:
    """However old, what still waits is kept, and so is every line of the ledger."""
    await store.inbox.record(received("k1"))
    await store.outbox.put("a", "C1", Manner.POST, None, {"text": "unsent"})
    await store.pages.open(page())
    await store.runs.open(request())
    await store.ledger.record(event())
    clock.at = T0 + timedelta(days=5000)

    assert await store.prune(Retention()) == 0
    assert len(await store.inbox.pending()) == len(await store.runs.unfinished()) == await store.outbox.lag() == 1
    assert (await verify_audit(store.ledger)).lines == 1


# What only a disk can show

_WRITER = """
import asyncio, ctypes, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
from datetime import UTC, datetime
from bot.adapters.clock import SystemClock
from bot.adapters.store.store import open_store
from bot.domain.audit import AuditEvent
from bot.domain.redaction import Redactor
from bot.ports.inbox import Arrival, Received

async def main():
    clock = SystemClock()
    store = await open_store(sys.argv[1], [sys.argv[2]], Redactor(), clock)
    for number in range(1_000_000):
        await store.inbox.record(Received(f"k{number}", Arrival.COMMAND, {"n": str(number)}, clock.now()))
        await store.ledger.record(AuditEvent("a", "U", "t", "c", clock.now(), {}))
        print(number, flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("lines", [1, 40])
async def test_what_was_committed_survives_kill_nine(opening: Open, url: str, lines: int) -> None:
    """Every key that the killed process reported is there; the chain is whole; writing goes on."""
    command = [sys.executable, "-c", _WRITER, url, KEY]
    # Unbuffered: `communicate` with a timeout does not see what a buffer read ahead.
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0)  # noqa: ASYNC220  (killed, not awaited)
    assert writer.stdout is not None
    reported = [int(await asyncio.to_thread(writer.stdout.readline)) for _ in range(lines)]
    writer.send_signal(signal.SIGKILL)
    rest, _ = writer.communicate(timeout=20)
    reported += [int(line) for line in rest.split(b"\n")[:-1]]

    store = await opening()
    keys = [row.key for row in await store.inbox.pending()]
    assert keys[: len(reported)] == [f"k{number}" for number in reported]
    assert len(keys) <= len(reported) + 1
    verdict = await verify_audit(store.ledger)
    assert verdict.ok
    assert len(reported) <= verdict.lines <= len(reported) + 1
    assert (await store.ledger.record(event())).number == verdict.lines + 1


async def test_planted_secrets_never_reach_the_disk(tmp_path: Path, clock: SetClock) -> None:
    """Not in the database, not in its write-ahead log; and nobody else may read the files."""
    path = tmp_path / "sfint.db"
    store = await open_store(f"sqlite:///{path}", [KEY], Redactor([SECRET]), clock)
    hook = "https://hooks.slack.com/commands/T0/1/planted-hook"
    leak = f"Password:planted-go-pw token {SECRET} ana.planted@example.com"
    await store.inbox.record(received("k1", text=leak, response_url=hook))
    await store.inbox.record(received("k2", text=leak, response_url=hook))
    await store.inbox.failed("k1", leak)
    await store.inbox.done("k1")
    await store.outbox.put("a", "C1", Manner.RESPONSE_URL, None, {"text": leak, "response_url": hook})
    await store.outbox.refused("a", 1, leak)
    await store.pages.open(replace(page(), summary=leak, reason=leak))
    await store.pages.move(page().key, PageState.FAILED, problem=leak, reason=leak)
    await store.runs.open(request(title=leak, why=(leak,), facts=(Fact("x", leak),)))
    await store.runs.decide(decision("U2", reason=leak))
    await store.runs.move("run-1", RunState.DENIED, at=T0, summary=leak)
    await store.ledger.record(event(seen=leak, password="planted-detail"))
    await store.freezer.set(FreezeState(True, "U1", leak, T0))

    files = {each.name: each for each in tmp_path.iterdir()}  # noqa: ASYNC240  (a local directory)
    assert "sfint.db-wal" in files
    while_open = b"".join(each.read_bytes() for each in files.values())
    assert [oct(each.stat().st_mode & 0o077) for each in files.values()] == ["0o0"] * len(files)
    await store.close()
    everything = while_open + path.read_bytes()
    assert b"planted" not in everything.replace(b"planted@", b"")
    assert b"a***@example.com" in everything


async def test_an_answer_sealed_with_a_lost_key_is_still_said(tmp_path: Path, clock: SetClock) -> None:
    """Without its response_url, so that it is whispered; nothing behind it waits."""
    url = f"sqlite:///{tmp_path / 'sfint.db'}"
    former = await open_store(url, [Fernet.generate_key().decode()], Redactor(), clock)
    sealed = {"text": "hello", "user": "U1", "response_url": "https://hooks.example.com/1"}
    await former.outbox.put("a", "C1", Manner.RESPONSE_URL, None, sealed)
    await former.close()
    store = await open_store(url, [Fernet.generate_key().decode()], Redactor(), clock)

    row = await store.outbox.next("C1")

    assert row is not None
    assert (row.body["text"], row.body["response_url"]) == ("hello", "")
    await store.close()
