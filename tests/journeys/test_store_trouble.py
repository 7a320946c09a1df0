"""The bot's own store in trouble: what could not be recorded is said in time, and all is well when it is back."""

from __future__ import annotations

import asyncio
import resource
import sqlite3

import pytest

from handlers.commands import NOT_RECORDED
from lab.world import World
from tests.journeys.room import RITA, Room, everything

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_locked_database_is_said_in_time(room: Room, world: World) -> None:
    """Another process holds the write lock: each asker reads so within Slack's three seconds."""
    lock = sqlite3.connect(world.directory / "state" / "sfint.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    known = room.known()
    typed = await asyncio.gather(*(room.type(RITA, "/sfint status") for _ in range(3)))
    await room.wait(lambda _: len([each for each in room.news(known) if NOT_RECORDED in each.text]) == len(typed))
    lock.execute("ROLLBACK")
    lock.close()

    card = await room.card(RITA, "/sfint status", "sfint_report")
    assert "acme-prod" in everything(card)
    reports = [each for each in room.news(known) if (each.metadata or {}).get("event_type") == "sfint_report"]
    assert len(reports) == 1


async def test_a_command_survives_a_lock_that_comes_after_it(room: Room, world: World) -> None:
    """Recorded and acknowledged, then nothing can be written for longer than the store waits: it is answered."""
    known = room.known()
    await room.type(RITA, "/sfint status")
    lock = sqlite3.connect(world.directory / "state" / "sfint.db", isolation_level=None)
    lock.execute("PRAGMA busy_timeout=5000")
    lock.execute("BEGIN IMMEDIATE")
    await asyncio.sleep(11.0)
    lock.execute("ROLLBACK")
    lock.close()

    await room.wait(
        lambda each: each.ts not in known and (each.metadata or {}).get("event_type") == "sfint_report"
    )
    assert world.bot.is_running


async def test_a_full_disk_acknowledges_nothing_as_taken(room: Room, world: World) -> None:
    """No file may grow: what is acknowledged in silence is answered, all else was said not to be recorded."""
    state = world.directory / "state"
    full = max(file.stat().st_size for file in (state / "sfint.db-wal", state / "sfint.db"))
    usual = resource.prlimit(world.bot.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(world.bot.pid, resource.RLIMIT_FSIZE, (full, usual[1]))
    known = room.known()
    for _ in range(6):
        await room.type(RITA, "/sfint runbook redis-failure")
    refused = [each for each in room.news(known) if NOT_RECORDED in each.text]
    resource.prlimit(world.bot.pid, resource.RLIMIT_FSIZE, usual)

    assert refused
    await room.wait(lambda _: len(room.news(known)) == 6)
    card = await room.card(RITA, "/sfint status", "sfint_report")
    assert "acme-prod" in everything(card)
    assert world.bot.is_running
