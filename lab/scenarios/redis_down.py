"""Somebody scaled Redis to zero."""

from lab.scenario import Scenario
from lab.world import World


async def _break(world: World) -> None:
    await world.redis.scale_to_zero_by_somebody()


async def _is_healed(world: World) -> bool:
    return await world.redis.agrees() and await world.middleware.serves()


SCENARIO = Scenario(
    summary="somebody scaled Redis to zero",
    entry="redis-failure",
    team="ops",
    break_it=_break,
    is_healed=_is_healed,
    repairs=("restart-sentinel",),
)
