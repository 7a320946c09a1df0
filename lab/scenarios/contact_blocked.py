"""An agent of the client blocked a customer in the CRM: the middleware refuses that customer's chats."""

from lab.estate.salesforce.records import BLOCKED_CHAT_FIELD
from lab.scenario import Scenario
from lab.world import World

_EMAIL, _PHONE = "ana@example.com", "5512345678"
_CUSTOMER = {"userID": f"521{_PHONE}", "name": "Ana Perez", "email": _EMAIL, "phoneNumber": f"521{_PHONE}"}


async def _break(world: World) -> None:
    contact = {"FirstName": "Ana", "LastName": "Perez", "Email": _EMAIL, "MobilePhone": _PHONE}
    world.salesforce.org.add_contact(**contact, **{BLOCKED_CHAT_FIELD: True})
    status, details = await world.middleware.connect(**_CUSTOMER)
    assert status == 500, details


async def _heal(world: World) -> None:
    """The client's admin takes the mark off."""
    for row in world.salesforce.org.store.rows("Contact"):
        row[BLOCKED_CHAT_FIELD] = False


async def _is_healed(world: World) -> bool:
    status, _ = await world.middleware.connect(**_CUSTOMER)
    return status == 200


SCENARIO = Scenario(
    summary="an agent blocked a customer in the CRM",
    entry="contact-blocked",
    team="client-admin",
    break_it=_break,
    is_healed=_is_healed,
    heal=_heal,
)
