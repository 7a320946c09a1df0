"""One world a module: its tests follow each other in it, and leave it healthy."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from lab.bot_config import Windows
from lab.world import World
from tests.journeys.room import Room


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Everything and the bot, healthy; a module may say its WINDOWS."""
    windows: Windows | None = getattr(request.module, "WINDOWS", None)
    async with World(windows=windows) as opened:
        yield opened


@pytest.fixture(scope="module")
def room(world: World) -> Room:
    """The incident channel."""
    return Room(world)
