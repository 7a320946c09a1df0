"""Two requests for one workload that arrive at the very same moment: one run, one refusal."""

from __future__ import annotations

import asyncio

from bot.adapters.clock import SystemClock
from bot.adapters.store.store import Store
from bot.domain.actor import Actor, Place, Role, Roles
from bot.domain.remediation import Binding, Plan, StepCall
from bot.domain.run import RunRequest
from bot.domain.target import Mode, Target
from bot.ports.chat import Content, Where
from bot.ports.estate import Estate
from bot.remediations.registry import Remediation, at_once
from bot.runbook.loader import load_runbook
from bot.usecases.ask import Ask
from bot.usecases.desk import Desk
from bot.usecases.propose import propose
from tests.fakes.estate import fake_estate

CHANNEL = "C0INCSF001"
TARGET = Target("acme-prod", "integrations", frozenset({CHANNEL}), mode=Mode.ACT)


class Whispers:
    """A chat that keeps who was told something alone."""

    def __init__(self) -> None:
        self.told: dict[str, Content] = {}

    async def show(self, key: str, where: Where, content: Content) -> None:
        """Nobody looks."""

    async def whisper(
        self, key: str, where: Where, user_id: str, content: Content, *, response_url: str = ""
    ) -> None:
        """Keeps it."""
        self.told[user_id] = content

    async def attach(self, key: str, where: Where, filename: str, title: str, text: str) -> None:
        """Nobody looks."""


class Starts:
    """An engine that keeps what it was asked to start."""

    def __init__(self) -> None:
        self.started: list[str] = []

    async def start(self, request: RunRequest) -> None:
        """Keeps the asker."""
        self.started.append(request.requested_by)


async def test_both_found_the_way_free_and_one_of_them_goes(store: Store) -> None:
    """Both had looked before either was stored; the book's order decides, and the other hears why."""
    chat, engine = Whispers(), Starts()
    desk = desk_of(store, chat, meet=asyncio.Barrier(2))
    askers = ("U0RITA001", "U0ARNO001")

    await asyncio.gather(
        *(propose(desk, engine, ask_of(user), TARGET, "restart", dry_run=False) for user in askers)
    )

    (winner,) = engine.started
    (loser,) = set(askers) - {winner}
    assert list(chat.told) == [loser]
    assert f"is waiting already, asked for by <@{winner}>" in str(chat.told[loser])
    assert [run.request.requested_by for run in await store.runs.unfinished()] == [winner]


def ask_of(user: str) -> Ask:
    """A request from the incident channel."""
    return Ask(f"key-of-{user}", Actor(user, "T0ACME001"), Place(CHANNEL))


def desk_of(store: Store, chat: Whispers, *, meet: asyncio.Barrier) -> Desk:
    """A desk whose one remediation is planned by both at once."""

    async def planner(target: Target, estate: Estate) -> Plan:
        await meet.wait()
        return plan()

    return Desk(
        targets={TARGET.name: TARGET},
        default_targets={},
        estates={TARGET.name: fake_estate()},
        roles=Roles({Role.APPROVER: frozenset({"U0ADA0001"})}),
        home_team="T0ACME001",
        runbook=load_runbook(),
        checks=(),
        remediations={"restart": Remediation("restart", planner, at_once)},
        steps={},
        chat=chat,
        directory=None,
        ledger=store.ledger,
        pages=store.pages,
        runs=store.runs,
        freezer=store.freezer,
        clock=SystemClock(),
        wake_pager=lambda: None,
    )


def plan() -> Plan:
    """Any plan for the workload."""
    workload = "statefulset/integrations/redis-sentinel-node"
    return Plan(
        binding=Binding("restart", TARGET.name, workload, "uid", "hash", "no-master", "recreate", 3, False),
        title="Restart",
        entry="redis-failure",
        why=(),
        risks=(),
        restores="3 replicas",
        facts=(),
        steps=(StepCall("statefulset.scale", "down", {"replicas": 0}),),
    )
