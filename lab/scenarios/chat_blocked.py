"""An agent blocked a visitor by address, and so the middleware's egress, and so every customer."""

from lab.chats import agents_take_chats, ask_for_chats, until_logged
from lab.scenario import Scenario
from lab.world import World


async def _break(world: World) -> None:
    world.live_agent.blocks_visitors = True
    await ask_for_chats(world, 3)
    await until_logged(world, "Event [ChatRequestFail] : [Blocked]", 3)


async def _heal(world: World) -> None:
    """The client's admin deletes the rule."""
    world.live_agent.blocks_visitors = False


SCENARIO = Scenario(
    summary="an IP block rule in the org covers the middleware's egress address",
    entry="chat-request-fail-blocked",
    team="client-admin",
    break_it=_break,
    is_healed=agents_take_chats,
    heal=_heal,
)
