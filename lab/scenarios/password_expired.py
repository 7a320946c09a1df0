"""The password expired: the log-in is fine, every call after it fails."""

from lab.scenario import Scenario
from lab.world import World


async def _break(world: World) -> None:
    world.salesforce.org.password_is_expired = True


async def _heal(world: World) -> None:
    """The client's admin lets the password live on."""
    world.salesforce.org.password_is_expired = False


async def _is_healed(world: World) -> bool:
    return await world.middleware.serves()


SCENARIO = Scenario(
    summary="the integration user's password expired",
    entry="expired-password",
    team="client-admin",
    break_it=_break,
    is_healed=_is_healed,
    heal=_heal,
)
