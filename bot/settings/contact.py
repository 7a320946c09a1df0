"""What may be configured about the contacts in a target's CRM."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from bot.domain.contact import ContactRules
from bot.domain.soql import name
from bot.settings.kinds import Listed, matching
from bot.settings.section import Section

_RULES = ContactRules()

FieldName = Annotated[str, AfterValidator(name)]
PhonePrefix = Annotated[str, AfterValidator(matching(r"[1-9]\d{0,4}", "must be digits: the country code, as 52"))]


class ContactSettings(Section):
    """The field that blocks a contact, and how the middleware finds one.

    `person_accounts` also looks at Account.PersonEmail and PersonMobilePhone; a contact's own field ends in `__pc`
    there. `minimum_users` refused in the log are a failure, fewer are only told. `most_lookups` within
    `lookup_window_seconds` is one person's budget.
    """

    blocked_field: FieldName = _RULES.blocked_field
    person_blocked_field: FieldName = _RULES.person_blocked_field
    phone_prefixes: Annotated[tuple[PhonePrefix, ...], Listed] = _RULES.phone_prefixes
    person_accounts: bool = _RULES.person_accounts
    most_rows: Annotated[int, Field(ge=1, le=20)] = _RULES.most_rows
    minimum_users: Annotated[int, Field(ge=1, le=10_000)] = _RULES.minimum_users
    most_lookups: Annotated[int, Field(ge=1, le=1_000)] = _RULES.most_lookups
    lookup_window_seconds: Annotated[float, Field(ge=1, le=86_400)] = _RULES.lookup_window_seconds

    def rules(self) -> ContactRules:
        """The domain's value."""
        return ContactRules(**self.model_dump())
