"""The SOQL that finds a contact, and the reading of its rows; what is shown of them is masked here."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.contact import Address, AddressKind, ContactRow, ContactRules, initials, mask_email, mask_phone
from bot.domain.crm_query import Row, Scalar
from bot.domain.soql import literal, name


@dataclass(frozen=True, slots=True)
class Source:
    """One object in which contacts may stand, with its fields for e-mail, phones and the mark."""

    kind: str
    sobject: str
    email: str
    phones: tuple[str, ...]
    blocked_fields: tuple[str, ...]
    """To be tried in this order: the first that is readable counts."""
    contact_id: str = ""
    """The field with the id of the Contact that Salesforce keeps behind a person account."""

    def soql(self, address: Address, rules: ContactRules, blocked_field: str) -> str:
        """One row more than is shown, so that it is known when there are more; `blocked_field` may be empty."""
        fields = ["Id", "Name", self.email, *self.phones]
        fields += [self.contact_id] if self.contact_id else []
        fields += [blocked_field] if blocked_field else []
        searched = (self.email,) if address.kind is AddressKind.EMAIL else self.phones
        spellings = address.spellings(rules.phone_prefixes)
        where = " OR ".join(f"{name(each)} = {literal(text)}" for each in searched for text in spellings)
        columns = ", ".join(name(each) for each in fields)
        return f"SELECT {columns} FROM {name(self.sobject)} WHERE {where} LIMIT {rules.most_rows + 1}"  # noqa: S608  (every part is a name or a literal of bot.domain.soql)

    def row(self, row: Row) -> ContactRow:
        """Masked."""
        return ContactRow(
            kind=self.kind,
            id=_text(row.get("Id")),
            name=initials(_text(row.get("Name"))),
            email=mask_email(_text(row.get(self.email))),
            phones=tuple(mask_phone(_text(row[each])) for each in self.phones if row.get(each)),
            blocked=next((_mark(row[each]) for each in self.blocked_fields if each in row), None),
        )


def sources(rules: ContactRules) -> tuple[Source, ...]:
    """Where to look: contacts, and person accounts where the org has them."""
    contacts = Source("contact", "Contact", "Email", ("MobilePhone", "Phone"), (rules.blocked_field,))
    if not rules.person_accounts:
        return (contacts,)
    phones, marks = ("PersonMobilePhone", "Phone"), (rules.person_blocked_field, rules.blocked_field)
    persons = Source("person account", "Account", "PersonEmail", phones, marks, "PersonContactId")
    return contacts, persons


def _text(value: Scalar) -> str:
    return value if isinstance(value, str) else ""


def _mark(value: Scalar) -> bool | None:
    """A checkbox; a picklist with these words is taken, too."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else None
