"""No live master: every pod follows, and every sentinel monitors, an address that nobody holds."""

from lab.scenario import Scenario
from lab.world import World


async def _break(world: World) -> None:
    await world.redis.strand_all_on_dead_master()


async def _is_healed(world: World) -> bool:
    return await world.redis.agrees() and await world.middleware.serves()


SCENARIO = Scenario(
    summary="every Redis pod and every sentinel holds a dead master address",
    entry="redis-failure",
    team="ops",
    break_it=_break,
    is_healed=_is_healed,
    repairs=("restart-sentinel",),
)
