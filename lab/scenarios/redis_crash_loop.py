"""One Redis pod of three crash-loops, as in the runbook's picture; the master is healthy elsewhere."""

from lab.scenario import Scenario
from lab.world import World

_ORDINAL = 2


async def _break(world: World) -> None:
    await world.redis.crash_loop(_ORDINAL)


async def _heal(world: World) -> None:
    """What the bot advises: delete that pod alone."""
    world.kubernetes.delete("pods", f"redis-sentinel-node-{_ORDINAL}")


async def _is_healed(world: World) -> bool:
    return await world.redis.agrees()


SCENARIO = Scenario(
    summary="one Redis pod of three crash-loops",
    entry="redis-failure",
    team="ops",
    break_it=_break,
    is_healed=_is_healed,
    heal=_heal,
    advises="delete pod redis-sentinel-node-2",
)
