"""Redis is right; the middleware alone dials an address that no pod has any more."""

from lab.scenario import Scenario
from lab.world import World


async def _break(world: World) -> None:
    async with world.middleware.deaf_to_sentinel():
        await world.redis.move_master()
    await world.redis.ready()
    await world.until(lambda: _dials_in_vain(world), 60.0, "the middleware dials in vain")


async def _dials_in_vain(world: World) -> bool:
    return not await world.middleware.serves()


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
