"""The engine with a script of one's own: whatever breaks in a step, the books or the process, it restores."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.clock import SystemClock
from bot.adapters.durable.engine import DurableEngine
from bot.domain.approval import Allowed, Choice, Decision
from bot.domain.redaction import Redactor
from bot.domain.remediation import Binding, Plan, StepCall
from bot.domain.run import RunRequest, RunState, StepLine, StepState
from bot.ports.engine import Ending, Settlement
from bot.ports.runs import RunRecord

DOWN, LOOK, UP = "statefulset.scale", "redis.verify-topology", "statefulset.scale"
Hook = Callable[[], None]


class Hasty(SystemClock):
    """Does not wait between two attempts."""

    async def sleep(self, seconds: float) -> None:
        """At once."""
        del seconds
        await asyncio.sleep(0)


@dataclass
class Script:
    """Scales a number down and up; `hooks` run before the step of that title and may raise."""

    replicas: int = 3
    hooks: dict[str, Hook] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    ending: Ending | None = None
    has_ended: asyncio.Event = field(default_factory=asyncio.Event)
    blocks: asyncio.Event | None = None
    """While it is not set, the step `look` waits for it."""
    is_looking: asyncio.Event = field(default_factory=asyncio.Event)

    def _reach(self, moment: str) -> None:
        self.said.append(moment)
        self.hooks.get(moment, lambda: None)()

    async def announce(self, request: RunRequest) -> None:
        """Counts."""
        self._reach("announce")

    async def settle(self, request: RunRequest, decision: Decision | None) -> Settlement:
        """Whoever decides, decides; nobody is an expiry."""
        self._reach("settle")
        return Settlement(Allowed(decision is not None, RunState.EXPIRED), decision)

    async def authorize(self, request: RunRequest, decision: Decision) -> Allowed:
        """Yes."""
        self._reach("authorize")
        return Allowed(True, "yes")

    async def perform(
        self,
        request: RunRequest,
        index: int,
        done: Sequence[StepLine],
        started_at: datetime,
        *,
        compensating: bool,
    ) -> StepLine:
        """Sets the number that the call names."""
        calls = request.plan.compensation if compensating else request.plan.steps
        call = calls[index]
        self._reach(call.title)
        if call.title == "look" and self.blocks is not None:
            self.is_looking.set()
            await self.blocks.wait()
        if (count := call.arguments.get("replicas")) is not None:
            assert isinstance(count, int)
            self.replicas = count
        return StepLine(call.title, StepState.DONE)

    async def conclude(self, request: RunRequest, ending: Ending) -> None:
        """Keeps it."""
        self._reach("conclude")
        self.ending = ending
        self.has_ended.set()

    def watch_times(self, request: RunRequest) -> tuple[int, float]:
        """No looks."""
        return 0, 1.0

    async def watch(self, request: RunRequest, since: datetime) -> bool:
        """Never called."""
        raise AssertionError("no look was asked for")


@pytest.fixture
def script() -> Script:
    """Three replicas."""
    return Script()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Where the engine keeps its book."""
    return tmp_path / "runs.db"


def engine_of(database: Path, script: Script) -> DurableEngine:
    """An engine that is not open yet."""
    return DurableEngine(
        database, script, Hasty(), Redactor(), observe=lambda run, step, moment: None, poll_seconds=0.05
    )


@pytest.fixture
async def engine(database: Path, script: Script) -> AsyncIterator[DurableEngine]:
    """Open."""
    made = engine_of(database, script)
    await made.open()
    yield made
    await made.close()


async def run(engine: DurableEngine, script: Script, run_id: str = "run-1") -> Ending:
    """A whole run, approved."""
    await engine.start(request(run_id))
    await engine.decide(decision(run_id))
    return await ended(script)


async def ended(script: Script) -> Ending:
    """Its conclusion."""
    await asyncio.wait_for(script.has_ended.wait(), 30.0)
    assert script.ending is not None
    return script.ending


async def test_a_run_that_meets_no_trouble_succeeds_once(engine: DurableEngine, script: Script) -> None:
    """Started twice and decided twice, it runs once."""
    await engine.start(request("run-1"))
    await engine.decide(decision("run-1"))
    ending = await run(engine, script)

    assert ending.state is RunState.SUCCEEDED
    assert script.said == ["announce", "settle", "authorize", "down", "look", "up", "conclude"]


async def test_a_defect_after_the_scale_down_is_restored(engine: DurableEngine, script: Script) -> None:
    """A step that raises what no step may raise: the replicas come back, and the card names the defect."""
    script.hooks["look"] = raises(ZeroDivisionError("what is this?"))

    ending = await run(engine, script)

    assert ending.state is RunState.RESTORED
    assert "defect: ZeroDivisionError: what is this?" in ending.summary
    assert script.replicas == 3


async def test_the_way_back_is_tried_until_it_works(engine: DurableEngine, script: Script) -> None:
    """Ten failures of the compensation are not its last word."""
    script.hooks["look"] = raises(ValueError("no"))
    script.hooks["back"] = raises(OSError("not yet"), times=10)

    ending = await run(engine, script)

    assert ending.state is RunState.RESTORED
    assert script.said.count("back") == 11
    assert script.replicas == 3


async def test_what_only_looks_after_restoring_gives_up(engine: DurableEngine, script: Script) -> None:
    """Pods that never get ready must not keep the run, and its lock, for ever: it fails and says so."""
    script.hooks["look"] = raises(ValueError("no"))
    script.hooks["all back"] = raises(ValueError("0 of 3 ready"), times=1000)

    ending = await run(engine, script)

    assert ending.state is RunState.FAILED
    assert "0 of 3 ready" in ending.summary
    assert script.replicas == 3


async def test_a_defect_in_the_authorization_changes_nothing(engine: DurableEngine, script: Script) -> None:
    """Doubt before the first step is a no."""
    script.hooks["authorize"] = raises(KeyError("acme"))

    ending = await run(engine, script)

    assert ending.state is RunState.STOPPED
    assert "could not be judged: KeyError" in ending.summary
    assert "down" not in script.said


@pytest.mark.parametrize("moment", ["announce", "settle", "conclude"])
async def test_trouble_with_the_books_is_sat_out(engine: DurableEngine, script: Script, moment: str) -> None:
    """A disk that fails twice does not end the run."""
    script.hooks[moment] = raises(OSError("no space left on device"), times=2)

    assert (await run(engine, script)).state is RunState.SUCCEEDED


async def test_a_stop_cuts_a_step_off_and_the_next_start_repeats_it(database: Path, script: Script) -> None:
    """A stop is no failure: nothing is compensated, and the run goes on with the step that it was in."""
    script.blocks = asyncio.Event()
    first = engine_of(database, script)
    await first.open()
    await first.start(request("run-1"))
    await first.decide(decision("run-1"))
    await asyncio.wait_for(script.is_looking.wait(), 10.0)
    async with asyncio.timeout(5.0):
        await first.close()
    assert script.said[-1] == "look"
    assert await asyncio.get_running_loop().getaddrinfo("localhost", 80), "what closes later needs threads"

    script.blocks.set()
    second = engine_of(database, script)
    await second.open()
    ending = await ended(script)
    await second.close()

    assert ending.state is RunState.SUCCEEDED
    assert script.said == ["announce", "settle", "authorize", "down", "look", "look", "up", "conclude"]


async def test_a_run_that_the_engine_has_lost_is_brought_back(engine: DurableEngine, script: Script) -> None:
    """The book of runs says `running`, the engine knows nothing: only the compensation is carried out."""
    script.replicas = 0
    assert not await engine.is_alive("run-1")

    await engine.take_up(record(RunState.RUNNING))
    ending = await ended(script)

    assert ending.state is RunState.RESTORED
    assert script.said == ["back", "all back", "conclude"]
    assert script.replicas == 3


async def test_a_lost_request_that_nobody_began_is_put_again(engine: DurableEngine, script: Script) -> None:
    """Its decision stands in the book, so that nobody is asked twice."""
    await engine.take_up(record(RunState.QUEUED, decision("run-1")))

    assert (await ended(script)).state is RunState.SUCCEEDED


async def test_a_run_given_up_by_the_engine_is_brought_back(database: Path, script: Script) -> None:
    """Dead-lettered at zero, parent and child: taken up under a new id, once for however many looks."""
    script.blocks = asyncio.Event()
    first = engine_of(database, script)
    await first.open()
    await first.start(request("run-1"))
    await first.decide(decision("run-1"))
    await asyncio.wait_for(script.is_looking.wait(), 10.0)
    assert await first.is_alive("run-1")
    await first.close()
    with sqlite3.connect(database) as book:
        book.execute("UPDATE workflow_status SET status = 'MAX_RECOVERY_ATTEMPTS_EXCEEDED'")
    book.close()

    second = engine_of(database, script)
    await second.open()
    assert not await second.is_alive("run-1")
    await second.take_up(record(RunState.RUNNING))
    assert await second.is_alive("run-1") or script.has_ended.is_set()
    ending = await ended(script)
    await second.close()

    assert ending.state is RunState.RESTORED
    assert script.replicas == 3
    assert script.said.count("conclude") == 1


async def test_nobody_decides_and_nothing_is_done(engine: DurableEngine, script: Script) -> None:
    """The gate closes at its deadline."""
    await engine.start(request("run-1", expires_in=0.2))
    async with asyncio.timeout(10.0):
        while await engine.is_alive("run-1"):  # noqa: ASYNC110  the engine tells nobody
            await asyncio.sleep(0.05)

    assert script.said == ["announce", "settle"]


def raises(error: Exception, *, times: int = 1) -> Hook:
    """Fails so often, and not again."""
    left = times

    def strike() -> None:
        nonlocal left
        if left > 0:
            left -= 1
            raise error

    return strike


def request(run_id: str, *, expires_in: float = 60.0) -> RunRequest:
    """Three steps down and up, two back."""
    now = datetime.now(UTC)
    return RunRequest(run_id, plan(), "U0RITA001", "T0ACME001", "C0INC", now, now + timedelta(seconds=expires_in))


def plan() -> Plan:
    """The least that the engine interprets."""
    workload = "statefulset/integrations/redis-sentinel-node"
    binding = Binding("restart-sentinel", "acme-prod", workload, "uid", "hash", "no-master", "recreate", 3, False)
    return Plan(
        binding=binding,
        title="Down and up",
        entry="redis-failure",
        why=(),
        risks=(),
        restores="3 replicas",
        facts=(),
        steps=(
            StepCall(DOWN, "down", {"replicas": 0}),
            StepCall(LOOK, "look", {}),
            StepCall(UP, "up", {"replicas": 3}),
        ),
        compensation=(StepCall(UP, "back", {"replicas": 3}), StepCall(LOOK, "all back", {})),
    )


def decision(run_id: str) -> Decision:
    """An approval."""
    clicked_at = datetime(2026, 1, 1, tzinfo=UTC)
    return Decision(run_id, Choice.APPROVE, plan().hash, "U0ARNO001", "T0ACME001", clicked_at)


def record(state: RunState, decided: Decision | None = None) -> RunRecord:
    """What the book of runs says of run-1."""
    return RunRecord(request("run-1"), state, decided, None, "")


async def test_a_run_of_another_release_of_the_engine_is_told_of(database: Path, script: Script) -> None:
    """It is neither taken up nor taken for one of ours: an alert stands on the count."""
    first = engine_of(database, script)
    await first.open()
    await first.start(request("run-1"))
    assert await first.stranded() == 0
    await first.close()
    with sqlite3.connect(database) as book:
        book.execute("UPDATE workflow_status SET application_version = '0'")
    book.close()

    second = engine_of(database, script)
    await second.open()
    stranded = await second.stranded()
    await second.close()

    assert stranded == 1
