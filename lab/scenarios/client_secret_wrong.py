"""The connected app's client secret was changed in Salesforce."""

from lab.scenario import Scenario
from lab.world import World

_FORMER = "formerly "


async def _break(world: World) -> None:
    org = world.salesforce.org
    org.client_secret = _FORMER + org.client_secret
    org.revoke_sessions()


async def _heal(world: World) -> None:
    """It is set back."""
    org = world.salesforce.org
    org.client_secret = org.client_secret.removeprefix(_FORMER)


async def _is_healed(world: World) -> bool:
    return await world.middleware.serves()


SCENARIO = Scenario(
    summary="the connected app's client secret was changed",
    entry="error-getting-token",
    team="integrations",
    break_it=_break,
    is_healed=_is_healed,
    heal=_heal,
)
