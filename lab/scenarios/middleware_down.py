"""Somebody scaled the middleware to zero: a restart cannot help, and the bot says so."""

from lab.scenario import Scenario
from lab.world import World


async def _break(world: World) -> None:
    world.middleware.scale_to_zero()
    what = "the middleware's pods are gone"
    await world.kubernetes.until(lambda: not world.middleware.pods(), 30.0, what)


async def _heal(world: World) -> None:
    """What the bot advises: scale it up by hand."""
    world.kubernetes.patch("deployments", world.middleware.name, {"spec": {"replicas": 1}})
    await world.middleware.until_ready()


async def _is_healed(world: World) -> bool:
    return await world.middleware.serves()


SCENARIO = Scenario(
    summary="somebody scaled the middleware to zero",
    entry="middleware-down",
    team="ops",
    break_it=_break,
    is_healed=_is_healed,
    heal=_heal,
)
