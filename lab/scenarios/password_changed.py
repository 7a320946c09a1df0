"""Somebody changed the integration user's password: no token is given any more."""

from lab.scenario import Scenario
from lab.world import World


async def _break(world: World) -> None:
    org = world.salesforce.org
    world.remembered_password = (org.password, org.security_token)
    org.change_password("acme-new-password", "AcmeNewSecurityToken")


async def _heal(world: World) -> None:
    """The client's admin sets the former password again."""
    world.salesforce.org.change_password(*world.remembered_password)


async def _is_healed(world: World) -> bool:
    return await world.middleware.serves()


SCENARIO = Scenario(
    summary="somebody changed the integration user's password",
    entry="error-getting-token",
    team="integrations",
    break_it=_break,
    is_healed=_is_healed,
    heal=_heal,
)
