"""The token endpoint answers 200 with an empty token, so every call carries an empty Bearer."""

from lab.scenario import Scenario
from lab.world import World


async def _break(world: World) -> None:
    world.salesforce.org.sends_empty_token = True
    world.salesforce.org.revoke_sessions()


async def _heal(world: World) -> None:
    """Salesforce gives tokens again."""
    world.salesforce.org.sends_empty_token = False


async def _is_healed(world: World) -> bool:
    return await world.middleware.serves()


SCENARIO = Scenario(
    summary="Salesforce answers with an empty token",
    entry="invalid-auth-header",
    team="integrations",
    break_it=_break,
    is_healed=_is_healed,
    heal=_heal,
)
