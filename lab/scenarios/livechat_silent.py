"""The org was moved to another host: the old one takes chats, answers every poll with 204, and tells nothing."""

from lab.chats import agents_take_chats, ask_for_chats
from lab.scenario import Scenario
from lab.world import World


async def _break(world: World) -> None:
    await world.live_agent.moves()
    await ask_for_chats(world, 3)


async def _heal(world: World) -> None:
    """DevOps writes the new address into SFC_CHAT_URL and redeploys."""
    assert world.live_agent.moved_to is not None
    world.middleware.configuration["SFC_CHAT_URL"] = world.live_agent.moved_to
    world.middleware.restart_pods()
    await world.middleware.until_ready()


SCENARIO = Scenario(
    summary="the org's live chat was moved to another host",
    entry="no-livechat-events",
    team="salesforce",
    break_it=_break,
    is_healed=agents_take_chats,
    heal=_heal,
)
