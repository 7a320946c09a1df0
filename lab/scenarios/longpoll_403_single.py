"""One session expires: a 403 for one user, and nobody is called for that."""

from lab.scenario import Scenario
from lab.world import World


async def _break(world: World) -> None:
    await world.until(world.visitors.are_heard, 30.0, "some chats are under way")
    chat = world.visitors.heard()[-1]
    world.live_agent.forgets_sessions([chat])


async def _is_healed(world: World) -> bool:
    return await world.visitors.are_heard()


SCENARIO = Scenario(
    summary="one chat's session expires",
    entry="longpoll-403",
    team="",
    break_it=_break,
    is_healed=_is_healed,
    window=5.0,
)
