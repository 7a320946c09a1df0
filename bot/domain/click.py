"""What a button means: the action id says the verb, the value about what; a stranger may forge both."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.approval import Choice
from bot.domain.runbook import Team

PREFIX = "sfint"
DENY_FORM = f"{PREFIX}:deny-form"
"""callback_id of the form that asks why a plan is denied."""
REASON_FIELD = f"{PREFIX}:reason"
"""action_id of that form's only input; its fact is `field.<REASON_FIELD>`."""

DIAGNOSE_FORM = f"{PREFIX}:diagnose-form"
"""callback_id of the form that takes a long text to be matched."""
TEXT_FIELD = f"{PREFIX}:text"
"""action_id of that form's only input."""
MATCH_SHORTCUT = f"{PREFIX}:match-to-the-runbook"
"""callback_id of the message shortcut; manifest.yml names it too."""


class Verb(StrEnum):
    """The second part of every action id (`sfint:<verb>` or `sfint:<verb>:<what makes it unique on the card>`)."""

    DECIDE = "decide"
    ASK = "ask"
    RUNBOOK = "runbook"
    PAGE = "page"
    ACKNOWLEDGE = "acknowledge"


@dataclass(frozen=True, slots=True)
class Decide:
    """Approve, approve with data loss, or deny the plan with this hash."""

    choice: Choice
    run_id: str
    plan_hash: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Do what `/sfint <text>` does."""

    text: str


@dataclass(frozen=True, slots=True)
class ShowEntry:
    """Show the runbook page to whoever clicked."""

    entry: str


@dataclass(frozen=True, slots=True)
class PageTeam:
    """Page this team about this entry of this target."""

    target: str
    entry: str
    team: Team


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Take the page with this key."""

    page_key: str


Click = Decide | Ask | ShowEntry | PageTeam | Acknowledge


@dataclass(frozen=True, slots=True)
class Button:
    """The two strings that travel with a button."""

    action_id: str
    value: str


def button(click: Click, nth: int = 0) -> Button:
    """Encodes a click; `nth` keeps action ids unique where one card has several buttons of a kind."""
    match click:
        case Decide(choice, run_id, plan_hash):
            return Button(f"{PREFIX}:{Verb.DECIDE}:{choice}", f"{run_id}|{plan_hash}")
        case Ask(text):
            return Button(f"{PREFIX}:{Verb.ASK}:{nth}", text)
        case ShowEntry(entry):
            return Button(f"{PREFIX}:{Verb.RUNBOOK}:{nth}", entry)
        case PageTeam(target, entry, team):
            return Button(f"{PREFIX}:{Verb.PAGE}:{nth}", f"{team}|{entry}|{target}")
        case Acknowledge(page_key):
            return Button(f"{PREFIX}:{Verb.ACKNOWLEDGE}", page_key)


def read_click(action_id: str, value: str) -> Click | None:
    """Decodes a click; None for anything that no card of ours carries (forged, or of another release)."""
    prefix, _, rest = action_id.partition(":")
    verb, _, tail = rest.partition(":")
    if prefix != PREFIX or not value:
        return None
    if verb == Verb.DECIDE:
        return _read_decision(tail, value)
    if verb == Verb.PAGE:
        return _read_page(value)
    if verb == Verb.ASK:
        return Ask(value)
    if verb == Verb.RUNBOOK:
        return ShowEntry(value)
    return Acknowledge(value) if verb == Verb.ACKNOWLEDGE else None


def read_denial(private_metadata: str) -> Decide | None:
    """Decodes what the deny form carries along; None when it is not ours."""
    return _read_decision(Choice.DENY, private_metadata)


def _read_decision(choice: str, value: str) -> Decide | None:
    run_id, _, plan_hash = value.rpartition("|")
    if choice not in list(Choice) or not run_id or not plan_hash:
        return None
    return Decide(Choice(choice), run_id, plan_hash)


def _read_page(value: str) -> PageTeam | None:
    team, _, rest = value.partition("|")
    entry, _, target = rest.partition("|")
    if team not in list(Team) or not entry or not target:
        return None
    return PageTeam(target, entry, Team(team))
