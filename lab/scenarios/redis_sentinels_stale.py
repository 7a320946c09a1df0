"""One live master, but the sentinels hold another address."""

from lab.scenario import Scenario
from lab.world import World


async def _break(world: World) -> None:
    await world.redis.point_sentinels_at_dead_address()


async def _is_healed(world: World) -> bool:
    return await world.redis.agrees() and await world.middleware.serves()


SCENARIO = Scenario(
    summary="one live master, and sentinels that hold another address",
    entry="redis-failure",
    team="ops",
    break_it=_break,
    is_healed=_is_healed,
    repairs=("restart-sentinel",),
)
