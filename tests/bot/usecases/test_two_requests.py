"""Two requests for one workload that arrive at the very same moment: one run, one refusal."""

from __future__ import annotations

import asyncio

from bot.adapters.clock import SystemClock
from bot.adapters.store.store import Store
from bot.domain.remediation import Plan
from bot.domain.target import Target
from bot.ports.estate import Estate
from bot.remediations.registry import Remediation, at_once
from bot.usecases.propose import propose
from tests.fakes.desk import PLAN, RITA, TARGET, HeardChat, Starts, asked_by, fake_desk


async def test_both_found_the_way_free_and_one_of_them_goes(store: Store) -> None:
    """Both had looked before either was stored; the book's order decides, and the other hears why."""
    chat, engine, meet = HeardChat(), Starts(), asyncio.Barrier(2)

    async def planner(target: Target, estate: Estate) -> Plan:
        await meet.wait()
        return PLAN

    restart = Remediation("restart", planner, at_once)
    desk = fake_desk(store, chat, clock=SystemClock(), remediations={"restart": restart})
    askers = (RITA, "U0BETH0001")

    await asyncio.gather(
        *(
            propose(desk, engine, asked_by(user, f"key-of-{user}"), TARGET, "restart", dry_run=False)
            for user in askers
        )
    )

    (winner,) = engine.started
    (loser,) = set(askers) - {winner}
    assert list(chat.told) == [loser]
    assert f"is waiting already, asked for by <@{winner}>" in str(chat.told[loser])
    assert [run.request.requested_by for run in await store.runs.unfinished()] == [winner]
