"""Mails pages to teams outside the company by SMTP submission, and repeats only what the mail server said.

At least once: when the answer to a mail is lost, or the bot dies before it wrote the answer down, the mail is sent
again. Both copies have the Message-ID that follows from the page's key and creation: one mail, sent twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from bot.adapters.smtp_submission import Refusal, SmtpServer, SmtpSubmission
from bot.domain.errors import AccessDenied, BadAnswer, Unreachable
from bot.domain.letter import Letter
from bot.domain.page import Page, PageState
from bot.domain.redaction import Redactor
from bot.ports.clock import Clock

_REMEMBERED = 500
"""Mails whose recipients' fates are kept in memory."""


class EmailPager:
    """Implements `bot.ports.pager.Pager` for teams with addresses.

    A recipient who is refused stops nobody else. One who is put off (4xx) is tried again, alone, by raising
    Unreachable; where others have the mail, only for `patience_seconds` after the page was made.
    """

    def __init__(
        self,
        server: SmtpServer,
        *,
        sender: str,
        recipients: Callable[[Page], Sequence[str]],
        write: Callable[[Page], Letter],
        redactor: Redactor,
        clock: Clock,
        reply_to: str = "",
        patience_seconds: float = 900.0,
    ) -> None:
        self._submission = SmtpSubmission(server)
        self._sender = sender
        self._recipients = recipients
        self._write = write
        self._redactor = redactor
        self._clock = clock
        self._reply_to = reply_to
        self._patience = timedelta(seconds=patience_seconds)
        self._fates: dict[str, dict[str, Refusal | None]] = {}
        """Message-ID -> recipient -> None where the server took the mail; lost when the process ends."""

    async def trigger(self, page: Page) -> str:
        """Mails the page; `mail accepted for 2 of 3 recipients, refused: …`: by the server, read by nobody yet."""
        page = page.moved(PageState.QUEUED)
        return await self._mail(page, self._message(page), page.created_at)

    async def acknowledge(self, page: Page) -> str:
        """Nobody outside needs to know who of us took it."""
        del page
        return ""

    async def resolve(self, page: Page) -> str:
        """Mails that it is over, to those who may have got the first mail."""
        page = page.moved(PageState.RESOLVED)
        first = self._fates.get(_message_id(page, self._sender, is_over=False))
        if first is not None and None not in first.values():
            return ""
        return await self._mail(page, self._message(page), self._clock.now(), self._not_refused(page, first))

    def _not_refused(self, page: Page, first: Mapping[str, Refusal | None] | None) -> Sequence[str]:
        return [one for one in self._recipients(page) if first is None or first.get(one) is None]

    async def prove(self) -> str:
        """Connects, logs in, names the sender and takes that back: no mail is sent. AccessDenied where refused."""
        return await self._submission.prove(self._sender)

    async def _mail(
        self, page: Page, message: EmailMessage, since: datetime, recipients: Sequence[str] | None = None
    ) -> str:
        wanted = tuple(self._recipients(page) if recipients is None else recipients)
        if not wanted:
            raise AccessDenied(
                f"no e-mail address is configured for team {page.team} (settings: {_setting(page)})"
            )
        message["To"] = ", ".join(wanted)
        fates = self._fates_of(str(message["Message-ID"]))
        owed = [one for one in wanted if one not in fates]
        put_off = await self._send(message, owed, fates) if owed else {}
        taken = [one for one in wanted if one in fates and fates[one] is None]
        words = _words(wanted, fates, put_off)
        if put_off and not (taken and self._clock.now() - since > self._patience):
            raise Unreachable(words)
        if not taken:
            raise BadAnswer(words)
        return words

    def _fates_of(self, message_id: str) -> dict[str, Refusal | None]:
        while len(self._fates) > _REMEMBERED:
            del self._fates[next(iter(self._fates))]
        return self._fates.setdefault(message_id, {})

    async def _send(
        self, message: EmailMessage, owed: Sequence[str], fates: dict[str, Refusal | None]
    ) -> dict[str, Refusal]:
        """Notes what is final; returns who is put off."""
        refused = await self._submission.submit(self._sender, owed, message.as_bytes(policy=SMTP))
        put_off = {one: refusal for one, refusal in refused.items() if not refusal.is_final}
        fates.update({one: refused.get(one) for one in owed if one not in put_off})
        return put_off

    def _message(self, page: Page) -> EmailMessage:
        letter = self._write(page).redacted(self._redactor)
        is_over = page.state is PageState.RESOLVED
        first = _message_id(page, self._sender, is_over=False)
        message = EmailMessage(policy=SMTP)
        message["From"] = self._sender
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(self._clock.now() if is_over else page.created_at)
        message["Message-ID"] = _message_id(page, self._sender, is_over=True) if is_over else first
        if is_over:
            message["In-Reply-To"] = first
            message["References"] = first
        if self._reply_to:
            message["Reply-To"] = self._reply_to
        # So that no robot answers a robot (RFC 3834).
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.body, cte="quoted-printable")
        return message


def _message_id(page: Page, sender: str, *, is_over: bool) -> str:
    digest = hashlib.sha256(f"{page.key}\n{page.created_at.isoformat()}".encode()).hexdigest()[:32]
    return f"<{digest}.{'resolved' if is_over else 'page'}@{sender.rpartition('@')[2]}>"


def _setting(page: Page) -> str:
    ours = f"teams.{page.team}.emails"
    return f"targets.{page.target}.client_admin_emails or {ours}" if page.team == "client-admin" else ours


def _words(wanted: Sequence[str], fates: Mapping[str, Refusal | None], put_off: Mapping[str, Refusal]) -> str:
    taken = sum(one in fates and fates[one] is None for one in wanted)
    refused = [f"{one} ({fates[one]})" for one in wanted if fates.get(one) is not None]
    later = [f"{one} ({put_off[one]})" for one in wanted if one in put_off]
    parts = [f"mail accepted for {taken} of {len(wanted)} recipients"]
    parts += [f"refused: {', '.join(refused)}"] if refused else []
    parts += [f"put off: {', '.join(later)}"] if later else []
    return ", ".join(parts)
