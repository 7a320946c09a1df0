"""A freeze stops everything at once: it is never asked which target it means."""

from __future__ import annotations

import pytest

from bot.adapters.clock import SystemClock
from bot.adapters.store.store import Store
from bot.domain.actor import Actor, Place, Role, Roles
from bot.domain.target import Target
from bot.ports.chat import Content, Where
from bot.runbook.loader import load_runbook
from bot.usecases.answer_command import answer_command
from bot.usecases.ask import Ask
from bot.usecases.desk import Desk

HOME, CHANNEL, OLGA = "T0ACME0001", "C0INCSF001", "U0OLGA001"
TARGETS = {name: Target(name, "integrations", frozenset({CHANNEL})) for name in ("acme-prod", "acme-stage")}


class Heard:
    """A chat that keeps what was said, by its key."""

    def __init__(self) -> None:
        self.said: dict[str, Content] = {}

    async def show(self, key: str, where: Where, content: Content) -> None:
        """Keeps it."""
        self.said[key] = content

    async def whisper(
        self, key: str, where: Where, user_id: str, content: Content, *, response_url: str = ""
    ) -> None:
        """Keeps it."""
        self.said[key] = content

    async def attach(self, key: str, where: Where, filename: str, title: str, text: str) -> None:
        """Nothing is uploaded here."""


@pytest.mark.parametrize(("command", "is_frozen"), [("freeze deploy", True), ("thaw", False)])
async def test_a_channel_with_two_targets_freezes_and_thaws(store: Store, command: str, is_frozen: bool) -> None:
    """Neither word takes `--target`: a question for one could never be answered."""
    heard = Heard()
    desk = desk_of(store, heard)

    await answer_command(desk, None, Ask("key-1", Actor(OLGA, HOME), Place(CHANNEL)), command)

    assert (await store.freezer.state()).is_frozen is is_frozen
    assert list(heard.said) == ["freeze:key-1"]


async def test_a_repair_in_a_channel_with_two_targets_asks_which(store: Store) -> None:
    """The control: whatever acts on one target is not guessed."""
    heard = Heard()

    await answer_command(
        desk_of(store, heard), None, Ask("key-1", Actor(OLGA, HOME), Place(CHANNEL)), "restart-sentinel"
    )

    assert "several targets" in str(heard.said["key-1:whisper"])


def desk_of(store: Store, chat: Heard) -> Desk:
    """Two targets in one channel, and nothing behind them."""
    return Desk(
        targets=TARGETS,
        default_targets={},
        estates={},
        roles=Roles({role: frozenset({OLGA}) for role in Role}),
        home_team=HOME,
        runbook=load_runbook(),
        checks=(),
        remediations={},
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
