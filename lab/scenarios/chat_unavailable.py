"""No agent is online: requests for a chat end as Unavailable, and nobody is paged for it."""

from lab.chats import agents_take_chats, ask_for_chats, until_logged
from lab.scenario import Scenario
from lab.world import World


async def _break(world: World) -> None:
    world.live_agent.available_buttons.clear()
    await ask_for_chats(world, 3)
    await until_logged(world, "Event [ChatRequestFail] : [Unavailable]", 3)


async def _heal(world: World) -> None:
    """The agents come to work."""
    world.live_agent.available_buttons.update(world.live_agent.buttons)


SCENARIO = Scenario(
    summary="no agent is online for the chat button",
    entry="chat-request-fail-unavailable",
    team="",
    break_it=_break,
    is_healed=agents_take_chats,
    heal=_heal,
)
