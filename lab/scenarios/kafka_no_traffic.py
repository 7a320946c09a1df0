"""Nothing arrives by the topic any more, at an hour at which it always did."""

from lab.kafka_config import TRAFFIC_SECONDS
from lab.scenario import Scenario
from lab.world import World


async def _break(world: World) -> None:
    world.platform.pause()


async def _heal(world: World) -> None:
    """What passes users' messages on upstream writes again."""
    world.platform.resume()


async def _is_healed(world: World) -> bool:
    return await world.platform.is_heard()


SCENARIO = Scenario(
    summary="nothing arrives by the topic at an hour at which it always did",
    entry="kafka-failure",
    team="devops",
    break_it=_break,
    is_healed=_is_healed,
    heal=_heal,
    window=TRAFFIC_SECONDS,
)
