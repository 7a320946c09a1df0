"""Mails pages to teams outside the company by SMTP submission, and repeats only what the mail server said.

At least once: when the answer to a mail is lost, or the bot dies before it wrote the answer down, the mail is sent
again. Both copies have the Message-ID that follows from the page's key and creation: one mail, sent twice.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TypeVar

import aiosmtplib

from bot.domain.errors import AccessDenied, BadAnswer, Unreachable
from bot.domain.letter import Letter
from bot.domain.page import Page, PageState
from bot.domain.redaction import Redactor
from bot.ports.clock import Clock

T = TypeVar("T")
_QUIT_SECONDS = 1.0
_REMEMBERED = 500
"""Mails whose recipients' fates are kept in memory."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A submission server. An empty user does not log in; without `ca_file` the system's authorities count.

    `deadline_seconds` is for one mail as a whole, from the connection to the server's last word.
    """

    host: str
    port: int = 587
    username: str = ""
    password: str = field(default="", repr=False)
    starttls: bool = True
    ca_file: str | None = None
    deadline_seconds: float = 15.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the server said about one recipient."""

    code: int
    words: str

    @property
    def is_final(self) -> bool:
        """5xx is, 4xx asks to try again."""
        return self.code >= 500

    def __str__(self) -> str:
        return f"{self.code} {' '.join(self.words.split())[:120]}".strip()


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
        self._server = server
        self._sender = sender
        self._recipients = recipients
        self._write = write
        self._redactor = redactor
        self._clock = clock
        self._reply_to = reply_to
        self._patience = timedelta(seconds=patience_seconds)
        self._fates: dict[str, dict[str, Refusal | None]] = {}
        """Message-ID -> recipient -> None where the server took the mail; lost when the process ends."""
        self._tls: ssl.SSLContext | None = None

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
        refused = await self._submit(message, owed)
        put_off = {one: refusal for one, refusal in refused.items() if not refusal.is_final}
        fates.update({one: refused.get(one) for one in owed if one not in put_off})
        return put_off

    async def prove(self) -> str:
        """Connects, logs in, names the sender and takes that back: no mail is sent. AccessDenied where refused."""

        async def act(client: aiosmtplib.SMTP) -> str:
            await client.mail(self._sender)
            await client.rset()
            return f"{self._where} takes mail from {self._sender}; none was sent"

        try:
            return await self._in_session(act)
        except BadAnswer as error:
            raise AccessDenied(str(error)) from error

    async def _submit(self, message: EmailMessage, recipients: Sequence[str]) -> Mapping[str, Refusal]:
        content = message.as_bytes(policy=SMTP)

        async def act(client: aiosmtplib.SMTP) -> Mapping[str, Refusal]:
            try:
                refused, _ = await client.sendmail(self._sender, recipients, content)
            except aiosmtplib.SMTPRecipientsRefused as error:
                return {one.recipient: Refusal(one.code, one.message) for one in error.recipients}
            return {one: Refusal(said.code, said.message) for one, said in refused.items()}

        return await self._in_session(act)

    async def _in_session(self, act: Callable[[aiosmtplib.SMTP], Awaitable[T]]) -> T:
        server = self._server
        try:
            client = self._client()
            try:
                async with asyncio.timeout(server.deadline_seconds):
                    await client.connect()
                    done = await act(client)
                await _leave(client)
                return done
            finally:
                _hang_up(client)
        except aiosmtplib.SMTPResponseException as error:
            raise self._judged(error) from error
        except ssl.SSLCertVerificationError as error:
            reason = error.verify_message or error.reason
            raise BadAnswer(
                f"mail server {self._where} is not trusted: {reason} (settings: email.ca_file)"
            ) from error
        except ssl.SSLError as error:
            raise Unreachable(f"TLS with mail server {self._where} failed: {error.reason}") from error
        except TimeoutError as error:
            raise Unreachable(
                f"mail server {self._where} did not answer within {server.deadline_seconds:g} s"
            ) from error
        except OSError as error:
            raise Unreachable(f"mail server {self._where} cannot be reached: {self._said(error)}") from error
        except (aiosmtplib.SMTPException, ValueError) as error:
            raise BadAnswer(f"mail server {self._where}: {self._said(error)}") from error

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username or None,
            password=server.password or None,
            start_tls=server.starttls,
            tls_context=self._trust() if server.starttls else None,
            timeout=server.deadline_seconds,
        )

    def _trust(self) -> ssl.SSLContext:
        """Made once: reading the authorities takes a while."""
        self._tls = self._tls or ssl.create_default_context(cafile=self._server.ca_file)
        return self._tls

    def _judged(self, error: aiosmtplib.SMTPResponseException) -> AccessDenied | BadAnswer | Unreachable:
        said = self._said(Refusal(error.code, error.message))
        if error.code < 500:
            return Unreachable(f"mail server {self._where} asks to try again: {said}")
        if isinstance(error, aiosmtplib.SMTPAuthenticationError):
            return AccessDenied(f"mail server {self._where} refused our user or password: {said}")
        return BadAnswer(f"mail server {self._where} refused the mail: {said}")

    def _said(self, what: object) -> str:
        text = " ".join(str(what).split())[:200] or type(what).__name__
        return text.replace(self._server.password, "[redacted]") if self._server.password else text

    @property
    def _where(self) -> str:
        return f"{self._server.host}:{self._server.port}"

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


async def _leave(client: aiosmtplib.SMTP) -> None:
    """Says good-bye, yet never lets that decide about a mail that was taken."""
    with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
        await client.quit(timeout=_QUIT_SECONDS)


def _hang_up(client: aiosmtplib.SMTP) -> None:
    """At once: a polite end of TLS would wait for a server that may have stopped listening."""
    transport = client.transport
    client.close()
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()
