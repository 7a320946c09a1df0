"""Channel forwards nothing any more: users write, and Integrations Core falls silent behind it."""

from lab.scenario import Scenario
from lab.world import World


async def _break(world: World) -> None:
    world.integrations.break_service("Channel", "upstream request timeout: context deadline exceeded")


async def _heal(world: World) -> None:
    """Platform restarts Channel's upstream."""
    world.integrations.mend_service("Channel")


async def _is_healed(world: World) -> bool:
    return await world.integrations.delivers()


SCENARIO = Scenario(
    summary="Channel of Integrations Core forwards no message",
    entry="integrations-no-messages",
    team="platform",
    break_it=_break,
    is_healed=_is_healed,
    heal=_heal,
    window=10.0,
)
