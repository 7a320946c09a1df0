"""One session with a submission server: STARTTLS, log-in, one mail, and the server's words as our errors."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

import aiosmtplib

from bot.domain.errors import AccessDenied, BadAnswer, Unreachable

T = TypeVar("T")
_QUIT_SECONDS = 1.0


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


class SmtpSubmission:
    """A new session for each mail. Raises Unreachable (4xx, silence), AccessDenied (log-in), BadAnswer (5xx)."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._tls: ssl.SSLContext | None = None

    async def submit(self, sender: str, recipients: Sequence[str], content: bytes) -> Mapping[str, Refusal]:
        """Sends one mail; returns those recipients that were not taken, with the server's words."""

        async def act(client: aiosmtplib.SMTP) -> Mapping[str, Refusal]:
            try:
                refused, _ = await client.sendmail(sender, recipients, content)
            except aiosmtplib.SMTPRecipientsRefused as error:
                return {one.recipient: Refusal(one.code, one.message) for one in error.recipients}
            return {one: Refusal(said.code, said.message) for one, said in refused.items()}

        return await self._in_session(act)

    async def prove(self, sender: str) -> str:
        """Connects, logs in, names the sender and takes that back: no mail is sent. AccessDenied where refused."""

        async def act(client: aiosmtplib.SMTP) -> str:
            await client.mail(sender)
            await client.rset()
            return f"{self._where} takes mail from {sender}; none was sent"

        try:
            return await self._in_session(act)
        except BadAnswer as error:
            raise AccessDenied(str(error)) from error

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
