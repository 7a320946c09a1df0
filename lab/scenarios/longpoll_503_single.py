"""One session moves to another server: one 503, and the middleware reconnects by itself."""

from lab.scenario import Scenario
from lab.world import World


async def _break(world: World) -> None:
    await world.until(world.visitors.are_heard, 30.0, "some chats are under way")
    chat = world.visitors.heard()[-1]
    chat.affinity_token = "moved"


async def _is_healed(world: World) -> bool:
    return await world.visitors.are_heard()


SCENARIO = Scenario(
    summary="one chat's affinity token changes",
    entry="longpoll-503",
    team="",
    break_it=_break,
    is_healed=_is_healed,
    window=5.0,
)
