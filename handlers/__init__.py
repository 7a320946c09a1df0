"""What arrives from Slack; the only list of bindings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from slack_bolt.async_app import AsyncApp

from bot.domain.notice import Notice
from bot.usecases.receive import Receive
from bot.views import ids
from handlers.clicks import Clicks
from handlers.commands import Commands
from handlers.shortcuts import Shortcuts
from handlers.submissions import Submissions


class Usecases(Protocol):
    """What the listeners need."""

    @property
    def receive(self) -> Receive:
        """Records an arrival."""

    @property
    def help_at_once(self) -> Callable[[str, str, str], Notice | None]:
        """User, channel and text -> the help text, where it can be said within the acknowledgement."""


def register(app: AsyncApp, usecases: Usecases) -> None:
    """Binds every listener; `/sfint` first, because each listener ahead of it costs its ack some time."""
    app.command(ids.COMMAND)(Commands(usecases.receive, usecases.help_at_once).on_command)
    app.action(ids.ANY_ACTION)(Clicks(usecases.receive).on_click)
    submissions = Submissions(usecases.receive)
    app.view(ids.DENY_MODAL)(submissions.on_deny)
    app.view(ids.DIAGNOSE_MODAL)(submissions.on_text)
    app.message_shortcut(ids.MATCH)(Shortcuts(usecases.receive).on_match)
