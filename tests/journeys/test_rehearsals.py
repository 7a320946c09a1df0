"""Every scenario is played without hands: the right entry, the right team, the repair, as others saw them."""

from __future__ import annotations

import pytest

from lab.rehearsal import Rehearsal
from lab.scenario import collect
from lab.world import MODES, World
from tests.chaos.lives import scales

FIELDS = {
    "scenario",
    "expected_entry",
    "diagnosed_entry",
    "expected_team",
    "paged_team",
    "seconds_to_diagnosis",
    "seconds_to_repair",
    "ok",
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", collect())
async def test_a_rehearsal_ends_well(mode: str, name: str) -> None:
    """In a world of its own; the transcript is shown when it does not."""
    transcript: list[str] = []
    async with World(mode=mode) as world:
        outcome = await Rehearsal(name, collect()[name], world, transcript.append).play()
        log = world.bot.tail()
        scaled = scales(world)

    assert outcome.ok, "\n".join([*outcome.problems, *transcript, log])
    assert set(outcome.line()) == FIELDS
    assert outcome.seconds_to_diagnosis is not None
    assert outcome.seconds_to_diagnosis < 5.0 + collect()[name].window
    assert (outcome.seconds_to_repair is not None) is bool(collect()[name].repairs)
    if name == "redis-stale-master":
        assert scaled == [0, 1, 3]
