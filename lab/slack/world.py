"""Everything the stand-in knows while it runs, in one place; the Web API, the hands and the page work on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from lab.slack.changes import Change, ChangeLog
from lab.slack.errors import Json
from lab.slack.faults import Faults
from lab.slack.files import FileStore
from lab.slack.identity import AppIdentity
from lab.slack.messages import Clock, MessageStore, StoredMessage
from lab.slack.rate_limits import RateLimits
from lab.slack.tickets import ResponseUrls, Triggers
from lab.slack.views import ViewStore
from lab.slack.workspace import Channel, Person, Workspace

SLACKBOT = "USLACKBOT"


@dataclass(frozen=True)
class ApiCall:
    """One call of the Web API as it arrived, without its token; `error` is None for `ok: true`."""

    method: str
    arguments: Json
    status: int
    at: float
    error: str | None = None


@dataclass
class SlackWorld:
    """The workspace and what happened in it. `base_url` ends in a slash and is set by the server."""

    workspace: Workspace
    clock: Clock
    identity: AppIdentity = field(default_factory=AppIdentity)
    limits: RateLimits = field(default_factory=RateLimits)
    base_url: str = ""
    requests: list[ApiCall] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.faults = Faults()
        self.changes = ChangeLog()
        self.messages = MessageStore(self.clock, self.changes)
        self.views = ViewStore(self.clock, self.changes, self.identity, self.workspace.team_id)
        self.triggers = Triggers(self.clock)
        self.response_urls = ResponseUrls(self.clock)
        self.files = FileStore()
        self.socket_tickets: set[str] = set()
        self._timers: list[asyncio.TimerHandle] = []
        self._channels = {one.id: one for one in self.workspace.channels}
        self.usergroups = list(self.workspace.usergroups)
        self.bot_channels = {one.id for one in self.workspace.channels if one.bot_is_member}

    @property
    def channels(self) -> list[Channel]:
        """Every conversation, direct messages that were opened included."""
        return list(self._channels.values())

    def channel(self, name_or_id: str) -> Channel | None:
        """A channel by id or by #name."""
        wanted = name_or_id.removeprefix("#")
        return self._channels.get(wanted) or next((one for one in self.channels if one.name == wanted), None)

    def person(self, user_id: str) -> Person | None:
        """A person by id; the bot is one."""
        if user_id == self.identity.bot_user_id:
            return self.bot
        return next((one for one in self.workspace.people if one.id == user_id), None)

    def join(self, channel_id: str) -> None:
        """Make the bot a member of a channel."""
        if channel_id not in self.bot_channels:
            self.bot_channels.add(channel_id)
            self.changes.publish(Change("places", channel=channel_id))

    def edit_usergroup(self, group_id: str, users: list[str]) -> None:
        """Change who is in a user group."""
        for index, group in enumerate(self.usergroups):
            if group.id == group_id:
                self.usergroups[index] = replace(group, users=list(users), updated=int(self.clock()))

    @property
    def bot(self) -> Person:
        """The bot as a member of the workspace."""
        name = self.identity.name
        return Person(self.identity.bot_user_id, name, name, "", team_id=self.workspace.team_id, is_bot=True)

    def direct_message(self, person: Person) -> Channel:
        """The conversation between the bot and one person, opened when it is first needed."""
        channel_id = "D" + person.id[1:]
        if channel_id not in self._channels:
            members = {person.id, self.identity.bot_user_id}
            self._channels[channel_id] = Channel(
                channel_id, person.name, is_private=True, members=members, is_im=True
            )
            self.join(channel_id)
        return self._channels[channel_id]

    def later(self, delay_seconds: float, do: Callable[[], object]) -> None:
        """Do something after a while, unless the stand-in is stopped before."""
        self._timers.append(asyncio.get_running_loop().call_later(delay_seconds, do))

    def stop(self) -> None:
        """Forget what was to be done later."""
        for timer in self._timers:
            timer.cancel()

    def post_as_bot(self, channel: str, text: str, **fields: Any) -> StoredMessage:
        """A message of the bot."""
        return self._post(channel, self.identity.bot_user_id, text, bot_id=self.identity.bot_id, **fields)

    def post_as(self, person: str, channel: str, text: str, **fields: Any) -> StoredMessage:
        """A message of a person."""
        return self._post(channel, person, text, **fields)

    def post_as_slackbot(self, channel: str, text: str, person: str) -> StoredMessage:
        """A notice of Slack itself that only one person sees."""
        return self._post(channel, SLACKBOT, text, ephemeral_to=person)

    def _post(self, channel: str, user: str, text: str, **fields: Any) -> StoredMessage:
        return self.messages.post(
            StoredMessage(ts=self.messages.next_ts(), channel=channel, user=user, text=text, **fields)
        )
