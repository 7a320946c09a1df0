"""What the inside says, rendered, through the redaction gate, into the outbox; the sender takes it from there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from bot.adapters.slack_redaction import redacted
from bot.domain.content import Content
from bot.domain.redaction import Redactor
from bot.ports.chat import Where
from bot.ports.outbox import Manner, Outbox
from bot.views.card import Rendered
from bot.views.mentions import Mentions
from bot.views.render import render

_LONGEST_FILE = 1_000_000
"""Characters; evidence is captured within limits of its own, this one protects the outbox."""


class SlackChat:
    """Implements `bot.ports.chat.Chat`. `wake` tells the sender that there is something to send."""

    def __init__(self, outbox: Outbox, redactor: Redactor, mentions: Mentions, wake: Callable[[], None]) -> None:
        self._outbox = outbox
        self._redactor = redactor
        self._mentions = mentions
        self._wake = wake

    async def show(self, key: str, where: Where, content: Content) -> None:
        """Posts the card, or edits it when this key was shown before; the same card again changes nothing."""
        message = self._render(key, content)
        body = {"text": message.text, "blocks": message.blocks, "metadata": message.metadata}
        await self._put(key, where, Manner.POST, body)

    async def whisper(
        self, key: str, where: Where, user_id: str, content: Content, *, response_url: str = ""
    ) -> None:
        """Shows it to one person; the same words under the same key are said once."""
        message = self._render(key, content)
        body: dict[str, object] = {"text": message.text, "blocks": message.blocks, "user": user_id}
        if response_url:
            await self._put(key, where, Manner.RESPONSE_URL, {**body, "response_url": response_url})
        else:
            await self._put(key, where, Manner.EPHEMERAL, body)

    async def attach(self, key: str, where: Where, filename: str, title: str, text: str) -> None:
        """Uploads a text as a file, once for its key."""
        # In a thread: a megabyte takes seconds, and Slack waits three for the acknowledgement of the next click.
        redacted_text = await asyncio.to_thread(self._redactor.text, _whole_lines(text))
        content = redacted_text[:_LONGEST_FILE] or "(empty)"
        await self._put(key, where, Manner.FILE, {"filename": filename, "title": title, "content": content})

    def _render(self, key: str, content: Content) -> Rendered:
        # Before rendering: a secret that a limit had cut in two would not be recognised any more.
        return render(key, redacted(content, self._redactor), self._mentions)

    async def _put(self, key: str, where: Where, manner: Manner, body: Mapping[str, object]) -> None:
        known = await self._outbox.row(key)
        if known is None or not _says(known.body, body):
            await self._outbox.put(key, where.channel, manner, where.thread, body)
        self._wake()


def _says(stored: Mapping[str, object], body: Mapping[str, object]) -> bool:
    """True when the stored row says this already; a response_url is no part of what is said."""
    return all(stored.get(name) == value for name, value in body.items() if name != "response_url")


def _whole_lines(text: str) -> str:
    """As many lines as the file can hold: in a line that was cut in two a secret would not be recognised."""
    if len(text) <= _LONGEST_FILE:
        return text
    return text[: text.rfind("\n", 0, _LONGEST_FILE) + 1] or "(one line, too long to be kept)"
