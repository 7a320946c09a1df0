"""Messages, views and whole pages as HTML."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import ChainableUndefined, Environment, FileSystemLoader
from markupsafe import Markup

from lab.slack import mrkdwn
from lab.slack.errors import Json
from lab.slack.form_values import options_of
from lab.slack.messages import StoredMessage
from lab.slack.page.hints import SHORTCUTS
from lab.slack.views import OpenView
from lab.slack.workspace import Channel, Person
from lab.slack.world import SLACKBOT, SlackWorld

_TEMPLATES = Path(__file__).parent / "templates"
_COLOURS = ("#3b6fd4", "#8a4fb0", "#b4553d", "#b07a1e", "#4d6b86", "#2f8f6b", "#a8446f")


class Renderer:
    """Draws what one person sees; also knows the names behind ids, which mentions need."""

    def __init__(self, world: SlackWorld) -> None:
        self._world = world
        self._jinja = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=ChainableUndefined,  # blocks are full of optional fields
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._jinja.filters |= {
            "mrkdwn": self._mrkdwn,
            "plain": lambda text: Markup(mrkdwn.plain_to_html(text)),  # noqa: S704 - plain_to_html escapes
            "markdown": lambda text: Markup(mrkdwn.markdown_to_html(text, self)),  # noqa: S704 - escapes
            "clock": _clock,
            "json": lambda value: json.dumps(value),
        }
        self._jinja.globals |= {
            "options_of": options_of,
            "name_of": self.name_of,
            "world": world,
            "shortcuts": SHORTCUTS,
        }

    def name_of(self, kind: str, identifier: str) -> str:
        """The name of a user, channel or user group; the id itself when there is none."""
        if kind == "user":
            person = self._world.person(identifier)
            return person.real_name if person else identifier
        if kind == "channel":
            channel = self._world.channel(identifier)
            return channel.name if channel else identifier
        handles = {group.id: group.handle for group in self._world.usergroups}
        return handles.get(identifier, identifier)

    def _mrkdwn(self, text: str, verbatim: bool | None = None) -> Markup:
        return Markup(mrkdwn.to_html(text, self, is_verbatim=bool(verbatim)))  # noqa: S704 - to_html escapes

    def colour(self, user_id: str) -> str:
        """Always the same colour for the same person."""
        ids = [person.id for person in self._world.workspace.people]
        return _COLOURS[ids.index(user_id) % len(_COLOURS)] if user_id in ids else "#5b6370"

    def whole_page(self, **context: Any) -> str:
        """The document."""
        return self._jinja.get_template("page.html").render(**context)

    def message(self, message: StoredMessage, *, in_thread: bool = False) -> str:
        """One message as it stands in a list."""
        replies = self._world.messages.replies(message.channel, message.ts)
        return self._jinja.get_template("message.html").render(
            message=message, author=self._author(message), replies=replies, in_thread=in_thread
        )

    def modal(self, views: list[OpenView]) -> str:
        """The topmost open modal, or nothing."""
        return self._jinja.get_template("modal.html").render(found=views[-1]) if views else ""

    def timeline(self, channel: Channel, viewer: Person) -> list[str]:
        """The messages of a channel, without those that stand in threads only."""
        shown = [one for one in self._world.messages.all(channel.id) if one.is_visible_to(viewer.id)]
        return [self.message(one) for one in shown if not one.is_reply or one.broadcast]

    def thread(self, channel: Channel, thread_ts: str, viewer: Person) -> list[str]:
        """The parent and its replies."""
        shown = [one for one in self._world.messages.all(channel.id) if one.is_visible_to(viewer.id)]
        in_it = [one for one in shown if one.ts == thread_ts or one.thread_ts == thread_ts]
        return [self.message(one, in_thread=True) for one in in_it]

    def _author(self, message: StoredMessage) -> Json:
        if message.user == SLACKBOT:
            return {"name": "Slackbot", "initials": "S", "colour": "#5b6370", "is_app": False, "kind": "slackbot"}
        person = self._world.person(message.user)
        name = person.real_name if person else message.user
        if message.bot_id:
            return {"name": name, "initials": "sf", "colour": "#1f6f5c", "is_app": True, "kind": "app"}
        return {"name": name, "initials": initials(name), "colour": self.colour(message.user), "is_app": False,
                "kind": "person"}  # fmt: skip


def initials(name: str) -> str:
    """Up to two letters for a picture that nobody uploaded."""
    return "".join(word[0] for word in name.split()[:2]).upper()


def _clock(ts: str) -> str:
    return f"{datetime.fromtimestamp(float(ts), UTC):%H:%M:%S}"
