"""The connected app's client id was changed in Salesforce."""

from lab.scenario import Scenario
from lab.world import World

_FORMER = "formerly "


async def _break(world: World) -> None:
    org = world.salesforce.org
    org.client_id = _FORMER + org.client_id
    org.revoke_sessions()


async def _heal(world: World) -> None:
    """It is set back."""
    org = world.salesforce.org
    org.client_id = org.client_id.removeprefix(_FORMER)


async def _is_healed(world: World) -> bool:
    return await world.middleware.serves()


SCENARIO = Scenario(
    summary="the connected app's client id was changed",
    entry="error-getting-token",
    team="integrations",
    break_it=_break,
    is_healed=_is_healed,
    heal=_heal,
)
