"""A flood of slow commands by one person holds up nobody else's."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from bot.adapters.clock import SystemClock
from bot.adapters.store.store import Store
from bot.domain.actor import EVERYBODY, Actor, Place, Role, Roles
from bot.domain.content import Content
from bot.domain.remediation import NoPlan
from bot.domain.target import Mode, Target
from bot.ports.chat import Where
from bot.ports.estate import Estate
from bot.ports.inbox import Arrival, Received
from bot.ports.telemetry import Telemetry
from bot.remediations.registry import Remediation, at_once
from bot.runbook.loader import load_runbook
from bot.runbook.matcher import Matcher
from bot.usecases.desk import Desk
from bot.usecases.work_inbox import WorkInbox
from tests.fakes.desk import NoFiles
from tests.fakes.estate import fake_estate

HOME, CHANNEL, RITA, ARNO = "T0ACME0001", "C0INCSF001", "U0RITA001", "U0ARNO001"
TARGET = Target("acme-prod", "integrations", frozenset({CHANNEL}), mode=Mode.ACT)


class Chat:
    """A chat that tells when the first card was shown."""

    def __init__(self) -> None:
        self.has_shown = asyncio.Event()

    async def show(self, key: str, where: Where, content: Content) -> None:
        """Somebody was answered."""
        self.has_shown.set()

    async def whisper(
        self, key: str, where: Where, user_id: str, content: Content, *, response_url: str = ""
    ) -> None:
        """Said to nobody."""

    async def attach(self, key: str, where: Where, filename: str, title: str, text: str) -> None:
        """Said to nobody."""


class Colleagues:
    """A directory of full members."""

    async def actor(self, user_id: str, team_id: str) -> Actor:
        """One of us."""
        return Actor(user_id, team_id)

    async def place(self, channel_id: str) -> Place:
        """Ours."""
        return Place(channel_id)

    def known_actor(self, user_id: str) -> Actor | None:
        """Remembers nobody."""
        return None

    def known_place(self, channel_id: str) -> Place | None:
        """Remembers nothing."""
        return None


async def test_two_hundred_slow_commands_of_one_person_do_not_keep_another_from_freezing(store: Store) -> None:
    """Each would take minutes, as a second look at Redis does; who shouts stop is heard at once."""
    diagnosing = asyncio.Semaphore(0)

    async def slow(target: Target, estate: Estate) -> NoPlan:
        diagnosing.release()
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")

    inbox, chat = WorkInbox(store.inbox, Telemetry()), Chat()
    for number in range(200):
        await store.inbox.record(command(f"slow-{number}", RITA, "restart-sentinel"))
    working = asyncio.create_task(inbox.run(desk_of(store, slow, chat), None))
    await asyncio.wait_for(diagnosing.acquire(), 10.0)
    await store.inbox.record(command("freeze-1", ARNO, "freeze deploy"))
    inbox.wake()

    await asyncio.wait_for(chat.has_shown.wait(), 10.0)
    assert (await store.freezer.state()).is_frozen
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


def command(key: str, user: str, text: str) -> Received:
    """Typed in the incident channel."""
    facts = {"user_id": user, "team_id": HOME, "channel_id": CHANNEL, "text": text, "response_url": ""}
    return Received(key, Arrival.COMMAND, facts, datetime.now(UTC))


def desk_of(store: Store, planner: object, chat: Chat) -> Desk:
    """Everybody may do everything; one remediation."""
    return Desk(
        targets={TARGET.name: TARGET},
        default_targets={},
        estates={TARGET.name: fake_estate()},
        roles=Roles({role: frozenset({EVERYBODY}) for role in Role}),
        home_team=HOME,
        runbook=load_runbook(),
        matcher=Matcher(()),
        checks=(),
        remediations={"restart-sentinel": Remediation("restart-sentinel", planner, at_once)},
        steps={},
        chat=chat,
        directory=Colleagues(),
        attachments=NoFiles(),
        ledger=store.ledger,
        pages=store.pages,
        runs=store.runs,
        freezer=store.freezer,
        lookups=store.lookups,
        clock=SystemClock(),
        wake_pager=lambda: None,
    )
