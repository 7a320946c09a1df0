"""Redis is right; the middleware alone dials an address that no pod has any more."""

import asyncio

from lab.scenario import Scenario
from lab.world import World


async def _break(world: World) -> None:
    async with world.middleware.deaf_to_sentinel():
        await world.redis.move_master()
    await world.redis.ready()
    while await world.middleware.serves():
        await asyncio.sleep(0.2)


async def _is_healed(world: World) -> bool:
    return await world.redis.agrees() and await world.middleware.serves()


SCENARIO = Scenario(
    summary="the middleware dials an address that no pod has; Redis itself is right",
    entry="redis-failure",
    team="ops",
    break_it=_break,
    is_healed=_is_healed,
    repairs=("restart-middleware",),
    advises="Restart only the middleware",
)
