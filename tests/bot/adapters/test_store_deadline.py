"""Whoever waits for an acknowledgement hears in time that nothing was recorded, and then nothing is, ever."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection

from bot.adapters.store.store import Store
from bot.domain.errors import Unreachable
from bot.ports.inbox import Arrival, Received


def received(key: str) -> Received:
    """A command."""
    return Received(key, Arrival.COMMAND, {"text": "status"}, datetime.now(UTC))


async def held_up(store: Store, free: threading.Event) -> asyncio.Task[bool]:
    """The store's thread is at work until it is let free; returns once it is."""
    begun = threading.Event()

    def work(_: Connection) -> bool:
        begun.set()
        return free.wait(600.0)

    slow = asyncio.create_task(store.database.run(work))
    await asyncio.to_thread(begun.wait)
    return slow


async def test_what_waits_behind_slow_work_is_given_up_for_good(store: Store) -> None:
    """The store's thread is held up: refused in time, and not committed when the thread is free again."""
    free = threading.Event()
    slow = await held_up(store, free)
    with pytest.raises(Unreachable, match="busy"):
        await store.inbox.record(received("late"))

    assert not slow.done()
    free.set()
    assert await slow
    assert await store.inbox.record(received("next"))
    assert [each.key for each in await store.inbox.pending()] == ["next"]


async def test_a_lock_of_another_process_is_not_waited_for_too_long(store: Store, tmp_path: Path) -> None:
    """Refused long before the ten seconds that others wait, and not committed later."""
    lock = sqlite3.connect(tmp_path / "sfint.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    async with asyncio.timeout(8.0):
        with pytest.raises(Unreachable, match="locked"):
            await store.inbox.record(received("late"))

    patient = asyncio.create_task(store.inbox.done("late"))
    await asyncio.sleep(0.1)
    assert not patient.done()
    lock.execute("ROLLBACK")
    lock.close()
    await patient
    assert await store.inbox.pending() == ()


async def test_a_full_disk_refuses_and_recovers(store: Store) -> None:
    """No page more may be had: Unreachable, until there is room again; what was committed stays."""
    pages = await store.database.run(lambda each: each.exec_driver_sql("PRAGMA page_count").scalar_one())
    await _bound(store, pages + 1)
    taken = 0
    with contextlib.suppress(Unreachable):
        while await store.inbox.record(received(f"k{taken}")):
            taken += 1
    with pytest.raises(Unreachable, match="full"):
        await store.inbox.record(received("refused"))
    assert len(await store.inbox.pending()) == taken

    await _bound(store, 1_000_000)
    assert await store.inbox.record(received("after"))
    assert len(await store.inbox.pending()) == taken + 1


async def _bound(store: Store, pages: int) -> None:
    """SQLite keeps the bound a connection: what arrives has one of its own."""
    database = store.database
    shortcut = database._shortcut
    await database._on_worker(lambda: shortcut._open(1.0).execute(f"PRAGMA max_page_count={pages}").fetchone())
    await database.run(lambda each: each.exec_driver_sql(f"PRAGMA max_page_count={pages}").scalar_one())


async def test_somebody_who_goes_away_is_no_busy_store(store: Store) -> None:
    """A cancelled request is cancelled, not refused."""
    free = threading.Event()
    slow = await held_up(store, free)
    waiting = asyncio.create_task(store.inbox.record(received("gone")))
    await asyncio.sleep(0.05)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    free.set()
    await slow
    assert await store.inbox.pending() == ()
