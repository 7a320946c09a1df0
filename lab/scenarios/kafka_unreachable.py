"""Kafka refuses every connection, the bot's and the middleware's."""

from lab.scenario import Scenario
from lab.world import World


async def _break(world: World) -> None:
    await world.kafka.go_down()


async def _heal(world: World) -> None:
    """DevOps brings the brokers back, at the same address."""
    await world.kafka.come_up()


async def _is_healed(world: World) -> bool:
    return await world.platform.is_heard()


SCENARIO = Scenario(
    summary="Kafka refuses every connection",
    entry="kafka-failure",
    team="devops",
    break_it=_break,
    is_healed=_is_healed,
    heal=_heal,
)
