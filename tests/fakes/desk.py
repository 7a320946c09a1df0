"""A desk over real books and fakes for the rest, with what a test changes about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.adapters.store.store import Store
from bot.domain.actor import Actor, Place, Role, Roles
from bot.domain.content import Content
from bot.domain.errors import NotFound
from bot.domain.remediation import Binding, Plan, StepCall
from bot.domain.run import RunRequest
from bot.domain.target import Mode, Target
from bot.ports.attachments import Attachment
from bot.ports.chat import Where
from bot.runbook.loader import load_runbook
from bot.runbook.matcher import Matcher
from bot.usecases.ask import Ask
from bot.usecases.desk import Desk
from tests.fakes.estate import FakeClock, fake_estate

HOME, CHANNEL = "T0ACME0001", "C0INCSF001"
RITA, ARNO = "U0RITA001", "U0ARNO001"
TARGET = Target("acme-prod", "integrations", frozenset({CHANNEL}), mode=Mode.ACT)


PLAN = Plan(
    binding=Binding("restart", TARGET.name, "statefulset/a/b", "uid", "hash", "no-master", "recreate", 3, False),
    title="Restart",
    entry="redis-failure",
    why=("no pod is master",),
    risks=(),
    restores="3 replicas",
    facts=(),
    steps=(StepCall("statefulset.scale", "down", {}),),
)
"""Any plan of a remediation named `restart`."""


class Starts:
    """An engine that keeps who asked for what it was to start."""

    def __init__(self) -> None:
        self.started: list[str] = []

    async def start(self, request: RunRequest) -> None:
        """Keeps the asker."""
        self.started.append(request.requested_by)


class NoFiles:
    """Messages without files."""

    async def read(self, file_id: str) -> Attachment:
        """There is none."""
        raise NotFound(f"there is no file {file_id}")


class HeardChat:
    """A chat that keeps what was said last under each key, and to whom."""

    def __init__(self) -> None:
        self.said: dict[str, Content] = {}
        self.told: dict[str, Content] = {}
        self.threads: dict[str, str | None] = {}

    async def show(self, key: str, where: Where, content: Content) -> None:
        """For everybody."""
        self.said[key] = content
        self.threads[key] = where.thread

    async def whisper(
        self, key: str, where: Where, user_id: str, content: Content, *, response_url: str = ""
    ) -> None:
        """For one."""
        self.told[user_id] = content

    async def attach(self, key: str, where: Where, filename: str, title: str, text: str) -> None:
        """Nobody opens files here."""


def fake_desk(store: Store, chat: HeardChat, **changes: object) -> Desk:
    """Rita asks, Arno approves; one target, and nothing wrong with it."""
    clock = FakeClock()
    members: Mapping[Role, frozenset[str]] = {
        Role.VIEWER: frozenset({RITA, ARNO}),
        Role.REQUESTER: frozenset({RITA}),
        Role.APPROVER: frozenset({ARNO}),
    }
    desk = Desk(
        targets={TARGET.name: TARGET},
        default_targets={},
        estates={TARGET.name: fake_estate()},
        roles=Roles(members),
        home_team=HOME,
        runbook=load_runbook(),
        matcher=Matcher(load_runbook().entries),
        checks=(),
        remediations={},
        steps={},
        chat=chat,
        directory=None,
        attachments=NoFiles(),
        ledger=store.ledger,
        pages=store.pages,
        runs=store.runs,
        freezer=store.freezer,
        lookups=store.lookups,
        clock=clock,
        wake_pager=lambda: None,
    )
    return replace(desk, **changes)  # type: ignore[arg-type]  # test data by name


def asked_by(user: str, key: str = "key-1") -> Ask:
    """A request from the incident channel."""
    return Ask(key, Actor(user, HOME), Place(CHANNEL))
