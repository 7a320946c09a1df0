"""Modals and home tabs that are open on somebody's screen."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field

from lab.slack.changes import Change, ChangeLog
from lab.slack.errors import Json, SlackError
from lab.slack.identity import AppIdentity
from lab.slack.messages import Clock, with_ids

STACK_LIMIT = 3


@dataclass
class OpenView:
    """A view on a person's screen. `errors` are shown under inputs, `trouble` at its foot."""

    id: str
    person: str
    view: Json
    hash: str
    root_id: str
    previous_id: str | None = None
    values: dict[str, dict[str, Json]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    trouble: str = ""


class ViewStore:
    """A stack of modals for each person, and their home tabs."""

    def __init__(self, clock: Clock, changes: ChangeLog, identity: AppIdentity, team_id: str) -> None:
        self._clock = clock
        self._changes = changes
        self._identity = identity
        self._team_id = team_id
        self._stacks: dict[str, list[OpenView]] = {}
        self._homes: dict[str, OpenView] = {}

    def stack(self, person: str) -> list[OpenView]:
        """Open modals, the lowest first."""
        return list(self._stacks.get(person, []))

    def home(self, person: str) -> OpenView | None:
        """What was published to this person's home tab."""
        return self._homes.get(person)

    def open(self, person: str, view: Json) -> OpenView:
        """Show a modal; whatever this app had open before goes away."""
        self._check_external_id(view)
        opened = self._new(person, view, previous=None)
        self._stacks[person] = [opened]
        self.announce(person)
        return opened

    def push(self, person: str, view: Json) -> OpenView:
        """Put a modal on top of the open one."""
        stack = self._stacks.get(person)
        if not stack:
            raise SlackError("not_found")
        if len(stack) >= STACK_LIMIT:
            raise SlackError("push_limit_reached")
        self._check_external_id(view)
        pushed = self._new(person, view, previous=stack[-1])
        stack.append(pushed)
        self.announce(person)
        return pushed

    def update(self, found: OpenView, view: Json) -> OpenView:
        """Show other contents in an open view; values of inputs that stay are kept."""
        found.view = {**view, "blocks": with_ids(view["blocks"])}
        found.errors, found.trouble = {}, ""
        found.hash = self._hash()
        self.announce(found.person)
        return found

    def publish(self, person: str, view: Json) -> OpenView:
        """Set a person's home tab."""
        self._homes[person] = self._new(person, view, previous=None)
        self.announce(person)
        return self._homes[person]

    def find(self, view_id: str = "", external_id: str = "") -> OpenView | None:
        """An open view by its id or the app's own id."""
        everything = [one for stack in self._stacks.values() for one in stack] + list(self._homes.values())
        for one in everything:
            if one.id == view_id or (external_id and one.view.get("external_id") == external_id):
                return one
        return None

    def close(self, found: OpenView, *, whole_stack: bool = False) -> None:
        """Take a view off the screen, with all others of the stack when asked."""
        stack = self._stacks.get(found.person, [])
        self._stacks[found.person] = [] if whole_stack else [one for one in stack if one is not found]
        self.announce(found.person)

    async def wait_open(self, person: str, *, timeout_seconds: float) -> OpenView:
        """The topmost modal of a person, as soon as there is one."""
        async with asyncio.timeout(timeout_seconds):
            while not self.stack(person):
                await self._changes.wait_beyond(self._changes.revision)
        return self.stack(person)[-1]

    def announce(self, person: str) -> None:
        """Tell the screens of this person that their views changed."""
        self._changes.publish(Change("views", person=person))

    def as_slack(self, found: OpenView) -> Json:
        """The view object of the Web API and of interaction payloads."""
        empty: Json = {"private_metadata": "", "callback_id": "", "external_id": "", "submit": None, "close": None}
        flags: Json = {"clear_on_close": False, "notify_on_close": False}
        return {
            **empty,
            **flags,
            **found.view,
            "id": found.id,
            "team_id": self._team_id,
            "state": {"values": found.values},
            "hash": found.hash,
            "root_view_id": found.root_id,
            "previous_view_id": found.previous_id,
            "app_id": self._identity.app_id,
            "app_installed_team_id": self._team_id,
            "bot_id": self._identity.bot_id,
        }

    def _new(self, person: str, view: Json, *, previous: OpenView | None) -> OpenView:
        view = {**view, "blocks": with_ids(view["blocks"])}
        view_id = f"V{secrets.token_hex(5).upper()}"
        root = previous.root_id if previous else view_id
        return OpenView(view_id, person, view, self._hash(), root, previous.id if previous else None)

    def _hash(self) -> str:
        return f"{int(self._clock())}.{secrets.token_hex(4)}"

    def _check_external_id(self, view: Json) -> None:
        external_id = view.get("external_id")
        if external_id and self.find(external_id=external_id):
            raise SlackError("duplicate_external_id")
