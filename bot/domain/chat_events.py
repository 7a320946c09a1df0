"""The chat events in the middleware's log: `Event [ChatRequestFail] : [Blocked]`, and whose they were."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

# Separators vary, and the line may stand inside a JSON string: the real one has spaces around the colon.
_EVENT = re.compile(r"event\s*\[\s*(?P<kind>\w+)\s*\]\s*:\s*\[\s*(?P<reason>[^\]\\\"]{0,80}?)\s*\]", re.IGNORECASE)
_USER = re.compile(r"\buserid\\?\"?\s*[:=\[]\s*\\?\"?(?P<user>[^\s\",\]\\}]+)", re.IGNORECASE)
_FAIL, _REQUEST, _ESTABLISHED = "chatrequestfail", "chatrequestsuccess", "chatestablished"


@dataclass(frozen=True, slots=True)
class ChatEvents:
    """What a stretch of log tells: events by kind, failed requests by reason, and the users of each reason."""

    kinds: Mapping[str, int]
    fails: Mapping[str, int]
    """Reason, in lower case and possibly a new one -> how often."""
    users: Mapping[str, Set[str]]
    """Reason -> distinct users; a line that names none counts as one user."""
    established_since_blocked: bool = False
    """True where an agent took a chat after the last request that was blocked: then that is over."""

    @property
    def requests(self) -> int:
        """Chats that were asked for: each begins with ChatRequestSuccess, also those that then fail."""
        return max(self.kinds.get(_REQUEST, 0), self.kinds.get(_FAIL, 0))


def read_chat_events(lines: Iterable[str]) -> ChatEvents:
    """Counts line by line; whatever is no event is passed over."""
    kinds: Counter[str] = Counter()
    fails: Counter[str] = Counter()
    users: dict[str, set[str]] = {}
    since_blocked = False
    for line in lines:
        found = _EVENT.search(line)
        if found is None:
            continue
        kind = found["kind"].lower()
        kinds[kind] += 1
        since_blocked = since_blocked or kind == _ESTABLISHED
        if kind == _FAIL:
            reason = found["reason"].lower()
            fails[reason] += 1
            named = _USER.search(line)
            users.setdefault(reason, set()).add(named["user"] if named else "")
            since_blocked = since_blocked and reason != "blocked"
    return ChatEvents(kinds, fails, users, since_blocked)
