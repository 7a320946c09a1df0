"""What the bot keeps is for its own eyes, whatever umask it was started with."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.adapters.clock import SystemClock
from bot.adapters.durable.engine import DurableEngine
from bot.adapters.durable.single_process import hold_alone
from bot.adapters.store.store import open_store
from bot.domain.redaction import Redactor


@pytest.fixture
def careless_umask() -> Iterator[None]:
    """Everything for everybody."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("careless_umask")
async def test_nobody_else_reads_the_state(tmp_path: Path) -> None:
    """The directory, the lock, both databases and what SQLite lays beside them."""
    state, clock = tmp_path / "state", SystemClock()
    engine = DurableEngine(state / "runs.db", None, clock, Redactor(), observe=lambda run, step, moment: None)

    with hold_alone(state / "runs.db.lock"):
        store = await open_store(
            f"sqlite:///{state / 'sfint.db'}", [Fernet.generate_key().decode()], Redactor(), clock
        )
        await engine.open()
        modes = {path.name: path.stat().st_mode & 0o077 for path in (state, *state.iterdir())}
        await engine.close()
        await store.close()

    assert {"state", "runs.db", "runs.db-wal", "runs.db.lock", "sfint.db"} <= set(modes)
    assert {name: oct(mode) for name, mode in modes.items() if mode} == {}
