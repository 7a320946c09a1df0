"""One world a module and mode of Slack: its tests follow each other in it, and leave it healthy."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from lab.bot_config import Windows
from lab.world import MODES, World
from tests.journeys.room import Room


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every journey runs over sockets and over signed requests, unless `modes` says that it has but one way."""
    if "world" in metafunc.fixturenames:
        only = metafunc.definition.get_closest_marker("modes")
        modes = only.args if only else MODES
        metafunc.parametrize("world", modes, indirect=True, scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Everything and the bot, healthy; a module may say its WINDOWS."""
    windows: Windows | None = getattr(request.module, "WINDOWS", None)
    async with World(windows=windows, mode=request.param) as opened:
        yield opened


@pytest.fixture(scope="module")
def room(world: World) -> Room:
    """The incident channel."""
    return Room(world)
