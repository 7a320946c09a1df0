"""The answer to `/sfint contact`: masked rows, the verdict, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.contact import AddressKind, ContactRow, ContactVerdict
from bot.domain.finding import Outcome
from bot.domain.runbook import Entry

_OUTCOMES = {
    ContactVerdict.BLOCKED: Outcome.FAILING,
    ContactVerdict.NOT_BLOCKED: Outcome.OK,
    ContactVerdict.NOT_FOUND: Outcome.OK,
    ContactVerdict.CANNOT_TELL: Outcome.UNKNOWN,
    ContactVerdict.NOT_ASKED: Outcome.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class ContactAnswer:
    """Nothing in it names the person: it is posted, stored and logged as it is."""

    target: str
    asked_by: str
    started_at: datetime
    seconds: float
    looked_for: str
    kind: AddressKind
    verdict: ContactVerdict
    rows: tuple[ContactRow, ...] = ()
    has_more: bool = False
    blocked_field: str = ""
    notes: tuple[str, ...] = ()
    code: str = ""
    """The finding code that the runbook explains: contact.blocked, or why Salesforce could not be asked."""
    entry: Entry | None = None

    @property
    def outcome(self) -> Outcome:
        """Nothing found blocks nobody; what could not be read is never ok."""
        return _OUTCOMES[self.verdict]

    @property
    def headline(self) -> str:
        """One sentence."""
        who = f"{self.kind} {self.looked_for}"
        rows = f"{len(self.rows)} {'row' if len(self.rows) == 1 else 'rows'}"
        match self.verdict:
            case ContactVerdict.BLOCKED:
                blocked = sum(row.blocked is True for row in self.rows)
                return f"the contact with {who} is blocked ({blocked} of {rows})"
            case ContactVerdict.NOT_BLOCKED:
                return f"the contact with {who} is not blocked ({rows})"
            case ContactVerdict.NOT_FOUND:
                return f"there is no contact with {who}"
            case ContactVerdict.CANNOT_TELL:
                return f"cannot tell whether the contact with {who} is blocked ({rows})"
            case ContactVerdict.NOT_ASKED:
                return f"the contact with {who} could not be looked up"
