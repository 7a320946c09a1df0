"""Somebody deleted the topic that users' messages arrive by."""

from lab.estate.bot_platform import TOPIC
from lab.scenario import Scenario
from lab.world import World


async def _break(world: World) -> None:
    world.kafka.topics.delete(TOPIC)


async def _heal(world: World) -> None:
    """DevOps makes the topic again."""
    world.platform.restore_topic()


async def _is_healed(world: World) -> bool:
    return await world.platform.is_heard()


SCENARIO = Scenario(
    summary="somebody deleted the topic that users' messages arrive by",
    entry="kafka-failure",
    team="devops",
    break_it=_break,
    is_healed=_is_healed,
    heal=_heal,
)
