"""A contact of the client's CRM: what may be typed to name one, how it is masked, and whether it is blocked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

MASK = "***"
LONGEST = 254
"""Characters of an address, as RFC 5321 has it."""
_SLACK = re.compile(r"<(?:mailto|tel):(?P<address>[^|<>]*)(?:\|[^<>]*)?>", re.IGNORECASE)
"""What Slack makes of a typed address where the app asks for links: `<mailto:a@b.com|a@b.com>`."""
_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}){0,16}"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
)
_PHONE = re.compile(r"\+?[0-9(][0-9 ().-]{5,38}[0-9]")
_PASTED = str.maketrans(
    {
        **dict.fromkeys("\u00a0\u2007\u2009\u202f", " "),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
    }
    | dict.fromkeys("\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069", "")
)
"""What an address book puts around and into a number that is copied from it."""
_NATIONAL_DIGITS = 10


@dataclass(frozen=True, slots=True)
class ContactRules:
    """How a target's org keeps its contacts; the defaults are the middleware's."""

    blocked_field: str = "CP_BlockedChatYalo__c"
    """A checkbox of Contact; wanted is false."""
    person_blocked_field: str = "CP_BlockedChatYalo__pc"
    """The same as a person account shows it: Salesforce ends the field's name in `__pc` there."""
    phone_prefixes: tuple[str, ...] = ("52", "521")
    """What the middleware takes off a number before it looks for it."""
    person_accounts: bool = False
    most_rows: int = 20
    minimum_users: int = 1
    """Users refused within the log's window: fewer are told, and page nobody."""
    most_lookups: int = 10
    """Contacts that one person may look up within `lookup_window_seconds`: enough for a night, no list of them."""
    lookup_window_seconds: float = 300.0


class AddressKind(StrEnum):
    """What a contact is looked up by."""

    EMAIL = "e-mail"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Address:
    """An e-mail address, or a phone number as it was typed; its text is personal data and shows nowhere."""

    kind: AddressKind
    text: str = field(repr=False)

    @property
    def masked(self) -> str:
        """What may be shown."""
        return mask_email(self.text) if self.kind is AddressKind.EMAIL else mask_phone(self.text)

    def spellings(self, prefixes: Sequence[str] = ()) -> tuple[str, ...]:
        """Every way in which the CRM may hold it: with and without the prefixes, bare and as people write it."""
        if self.kind is AddressKind.EMAIL:
            return (self.text,)
        digits = re.sub(r"[^0-9]", "", self.text)
        national = _stripped(digits, prefixes)
        found = [" ".join(self.text.split()), digits, f"+{digits}", *national]
        for number in national:
            found += [f"{sign}{prefix}{number}" for prefix in prefixes for sign in ("", "+")]
            found += [f"({number[:3]}) {number[3:6]}-{number[6:]}", f"({number[:2]}) {number[2:6]}-{number[6:]}"]
        return tuple(dict.fromkeys(found))


def _stripped(digits: str, prefixes: Sequence[str]) -> list[str]:
    """The national number, where it can be told from the prefixes: the longer prefix first, 521 begins with 52."""
    if len(digits) == _NATIONAL_DIGITS:
        return [digits]
    for prefix in sorted(prefixes, key=len, reverse=True):
        if digits.startswith(prefix) and len(digits) - len(prefix) == _NATIONAL_DIGITS:
            return [digits.removeprefix(prefix)]
    return []


def read_address(text: str) -> Address | None:
    """The address that `text` is as a whole, Slack's and an address book's formatting taken off; else None."""
    if len(text) > 4 * LONGEST:
        return None
    plain = text.translate(_PASTED).strip()
    if wrapped := _SLACK.fullmatch(plain):
        plain = wrapped["address"].partition("?")[0].strip()
    if not plain or len(plain) > LONGEST:
        return None
    if _EMAIL.fullmatch(plain):
        return Address(AddressKind.EMAIL, plain)
    if _PHONE.fullmatch(plain) and 7 <= sum(char.isdigit() for char in plain) <= 15:
        return Address(AddressKind.PHONE, plain)
    return None


def mask_email(text: str) -> str:
    """`ana@mail.example.com` as `a***@m***.com`; empty for none."""
    local, at, domain = text.rpartition("@")
    if not at:
        return MASK if text else ""
    return f"{local[:1]}{MASK}@{domain[:1]}{MASK}.{domain.rpartition('.')[2]}"


def mask_phone(text: str) -> str:
    """The last two digits; empty for none."""
    digits = re.sub(r"\D", "", text)
    return f"{MASK}{digits[-2:] if len(digits) >= 6 else ''}" if text else ""


def initials(text: str) -> str:
    """`Ana María Pérez` as `A. M. P.`; empty for none."""
    return " ".join(f"{word[0]}." for word in text.split()[:4])


class ContactVerdict(StrEnum):
    """The value is the tail of the finding code: `contact.<value>`."""

    BLOCKED = "blocked"
    NOT_BLOCKED = "not-blocked"
    NOT_FOUND = "not-found"
    CANNOT_TELL = "cannot-tell"
    """Rows were found, and their field could not be read: that is not the same as not blocked."""
    NOT_ASKED = "not-asked"


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One row of the CRM, masked; `id` is Salesforce's own and lets the client's admin find it."""

    kind: str
    id: str
    name: str = ""
    email: str = ""
    phones: tuple[str, ...] = ()
    blocked: bool | None = None
    """None where the field could not be read."""


def verdict_of(rows: Sequence[ContactRow]) -> ContactVerdict:
    """One blocked row is enough: the middleware takes the first that it finds."""
    if not rows:
        return ContactVerdict.NOT_FOUND
    if any(row.blocked for row in rows):
        return ContactVerdict.BLOCKED
    is_known = all(row.blocked is not None for row in rows)
    return ContactVerdict.NOT_BLOCKED if is_known else ContactVerdict.CANNOT_TELL
