"""What the middleware's log says about blocked contacts: how often it refused a chat, and to how many users."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

# Two wordings were seen: `… salesforce : This contact is blocked` (older) and `… salesforce: this contact …`.
_REFUSED = re.compile(r"could not create chat in salesforce\s*:\s*this contact is blocked", re.IGNORECASE)
# `"userID":"5215…"` in JSON, `userID:5215…` in a Go map, `userID[5215…]` and `userID=5215…` in a message.
_USER = re.compile(r"""\buser_?id\\?["']?\s*[:=\[]\s*\\?["']?([^\s"'\\,;\]})]{1,128})""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Refusals:
    """Counted; who the users are is not kept."""

    lines: int = 0
    users: int = 0
    """Those that the lines name; a line without a name counts for none."""

    @property
    def at_least(self) -> int:
        """Users, and one where the lines name none."""
        return max(self.users, 1 if self.lines else 0)


def refusals(lines: Iterable[str]) -> Refusals:
    """Reads log lines; one line is one refusal, however often it says so."""
    seen, users = 0, set[str]()
    for line in lines:
        if _REFUSED.search(line):
            seen += 1
            users.update(_USER.findall(line))
    return Refusals(seen, len(users))
