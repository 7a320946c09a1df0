"""A freeze stops everything at once: it is never asked which target it means."""

from __future__ import annotations

import pytest

from bot.adapters.store.store import Store
from bot.domain.actor import Role, Roles
from bot.domain.target import Target
from bot.usecases.answer_command import answer_command
from bot.usecases.desk import Desk
from tests.fakes.desk import CHANNEL, HeardChat, asked_by, fake_desk

OLGA = "U0OLGA001"
TARGETS = {name: Target(name, "integrations", frozenset({CHANNEL})) for name in ("acme-prod", "acme-stage")}


def two_targets_here(store: Store, chat: HeardChat) -> Desk:
    """Two targets in one channel, where Olga may do everything."""
    roles = Roles({role: frozenset({OLGA}) for role in Role})
    return fake_desk(store, chat, targets=TARGETS, roles=roles)


@pytest.mark.parametrize(("command", "is_frozen"), [("freeze deploy", True), ("thaw", False)])
async def test_a_channel_with_two_targets_freezes_and_thaws(store: Store, command: str, is_frozen: bool) -> None:
    """Neither word takes `--target`: a question for one could never be answered."""
    chat = HeardChat()

    await answer_command(two_targets_here(store, chat), None, asked_by(OLGA), command)

    assert (await store.freezer.state()).is_frozen is is_frozen
    assert (list(chat.said), chat.told) == (["freeze:key-1"], {})


async def test_a_repair_in_a_channel_with_two_targets_asks_which(store: Store) -> None:
    """The control: whatever acts on one target is not guessed."""
    chat = HeardChat()

    await answer_command(two_targets_here(store, chat), None, asked_by(OLGA), "restart-sentinel")

    assert "several targets" in str(chat.told[OLGA])
