"""What Slack hands out for a short time: trigger ids and response URLs."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from lab.slack.errors import SlackError
from lab.slack.messages import Clock

TRIGGER_SECONDS = 3.0
RESPONSE_URL_SECONDS = 30 * 60.0
RESPONSE_URL_USES = 5


@dataclass
class _Trigger:
    person: str
    made_at: float
    exchanged: bool = False


class Triggers:
    """Trigger ids: good for three seconds and for one view."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[str, _Trigger] = {}

    def make(self, person: str) -> str:
        """A new trigger id for something this person just did."""
        trigger_id = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._known[trigger_id] = _Trigger(person, self._clock())
        return trigger_id

    def exchange(self, trigger_id: str) -> str:
        """Use it up; says whose it was."""
        trigger = self._known.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.exchanged:
            raise SlackError("exchanged_trigger_id")
        if self._clock() - trigger.made_at > TRIGGER_SECONDS:
            raise SlackError("expired_trigger_id")
        trigger.exchanged = True
        return trigger.person


@dataclass
class ResponseUrl:
    """Where an answer to one gesture may be posted, by whoever knows the address."""

    person: str
    channel: str
    made_at: float
    message_ts: str | None = None
    uses: int = 0


class ResponseUrls:
    """Response URLs: five uses in thirty minutes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[str, ResponseUrl] = {}

    def make(self, kind: str, *, team: str, person: str, channel: str, message_ts: str | None = None) -> str:
        """The path of a new response URL."""
        path = f"{kind}/{team}/{secrets.randbelow(10**13)}/{secrets.token_urlsafe(18)}"
        self._known[path] = ResponseUrl(person, channel, self._clock(), message_ts)
        return path

    def use(self, path: str) -> ResponseUrl:
        """Count one use; SlackError used_url or expired_url when there is none left."""
        found = self._known.get(path)
        if found is None:
            raise SlackError("invalid_url")
        if self._clock() - found.made_at > RESPONSE_URL_SECONDS:
            raise SlackError("expired_url")
        if found.uses >= RESPONSE_URL_USES:
            raise SlackError("used_url")
        found.uses += 1
        return found
