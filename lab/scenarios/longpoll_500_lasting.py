"""LiveAgent breaks: 500 to every long poll, which ends each chat."""

from lab.bot_config import Windows
from lab.scenario import Scenario
from lab.world import World


async def _break(world: World) -> None:
    world.live_agent.answers_polls_with(500)


async def _heal(world: World) -> None:
    """The Salesforce team ends the incident on their side."""
    world.live_agent.heals_polls()


async def _is_healed(world: World) -> bool:
    return await world.visitors.are_heard()


SCENARIO = Scenario(
    summary="LiveAgent answers every long poll with 500",
    entry="longpoll-500",
    team="salesforce",
    break_it=_break,
    is_healed=_is_healed,
    heal=_heal,
    window=Windows().lasting_polls,
)
