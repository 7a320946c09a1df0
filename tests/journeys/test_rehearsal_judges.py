"""A rehearsal that must not come out ok: somebody is paged who should not be, and more is broken than was said."""

from __future__ import annotations

from lab.rehearsal import Rehearsal
from lab.scenario import Scenario
from lab.world import World


async def _break(world: World) -> None:
    world.middleware.scale_to_zero()
    world.salesforce.org.password_is_expired = True


async def _is_healed(world: World) -> bool:
    return not await world.middleware.serves()


async def test_a_page_and_another_entry_that_nobody_expects_are_problems() -> None:
    """As the providers and the channel saw them; the line still has the team that was paged."""
    scenario = Scenario(
        summary="two things at once, of which the scenario knows one",
        entry="expired-password",
        team="",
        break_it=_break,
        is_healed=_is_healed,
    )
    async with World() as world:
        outcome = await Rehearsal("two", scenario, world, lambda _: None).play()

    assert not outcome.ok
    assert outcome.also == ["middleware-down"]
    assert outcome.paged_team in ("client-admin", "ops")
    assert any("nobody was to be" in problem for problem in outcome.problems)
    assert outcome.line()["expected_team"] is None
