"""A submission server on loopback: STARTTLS, AUTH, mailboxes, a record of every mail, and faults on demand."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from lab.estate.certificates import ServerCertificate, issue


@dataclass(frozen=True)
class ReceivedMail:
    """A mail that was taken; `at` is Unix time in seconds, `user` who logged in."""

    at: float
    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage
    user: str
    was_encrypted: bool

    @property
    def subject(self) -> str:
        """As the reader sees it."""
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        """The body, decoded."""
        return str(self.message.get_content())


@dataclass
class SmtpFaults:
    """What goes wrong, by SMTP command (`EHLO`, `AUTH`, `MAIL`, `RCPT`, `DATA`).

    `replies` answer in the server's place; at a command in `hangs` no answer ever comes, at one in `drops` the
    connection goes. `loses_answers` takes that many mails and drops the connection instead of saying so.
    """

    replies: dict[str, str] = field(default_factory=dict)
    hangs: set[str] = field(default_factory=set)
    drops: set[str] = field(default_factory=set)
    loses_answers: int = 0


class SmtpStandIn:
    """`mailboxes` maps each team to its addresses; any other recipient is refused, and so is one in `refusals`.

    Without a certificate of the caller's it makes its own; `offers_starttls` set to False makes a server without.
    """

    def __init__(
        self,
        mailboxes: Mapping[str, Sequence[str]],
        host: str = "127.0.0.1",
        *,
        certificate: ServerCertificate | None = None,
    ) -> None:
        self.mailboxes = mailboxes
        self.host = host
        self.port = 0
        self.username, self.password = "sfint@example.com", secrets.token_urlsafe(12)
        self.certificate = certificate or issue(host)
        self.offers_starttls = True
        self.refusals: dict[str, str] = {}
        self.faults = SmtpFaults()
        self.mails: list[ReceivedMail] = []
        self.sessions = 0
        self._server: asyncio.Server | None = None
        self._open: set[_Protocol] = set()
        self._idle = asyncio.Event()

    async def start(self) -> None:
        """Listens on a free port."""
        # At each log-in the library warns of a property that it uses itself.
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        context = self.certificate.context()

        def session() -> _Protocol:
            self.sessions += 1
            made = _Protocol(self, context if self.offers_starttls else None)
            self._open.add(made)
            return made

        self._server = await asyncio.get_running_loop().create_server(session, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Drops every connection and stops listening; the port is kept for the next start."""
        if self._server is None:
            return
        self._server.close()
        for session in tuple(self._open):
            session.cut()
        await self._server.wait_closed()
        self._server = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def team_of(self, mail: ReceivedMail) -> str | None:
        """The team whose mailbox the mail reached first."""
        owners = {address: team for team, addresses in self.mailboxes.items() for address in addresses}
        return next((owners[each] for each in mail.recipients if each in owners), None)

    def mails_of(self, team: str) -> list[ReceivedMail]:
        """What a team received, oldest first."""
        return [mail for mail in self.mails if self.team_of(mail) == team]

    async def until_idle(self) -> None:
        """Waits until no connection is open."""
        while self._open:
            self._idle.clear()
            await self._idle.wait()

    def forget(self, session: _Protocol) -> None:
        """A connection has ended."""
        self._open.discard(session)
        self._idle.set()

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        """The one user there is."""
        del server, session, envelope, mechanism
        if reply := self.faults.replies.get("AUTH"):
            return AuthResult(success=False, handled=False, message=reply)
        wanted = (self.username.encode(), self.password.encode())
        is_ours = isinstance(data, LoginPassword) and (data.login, data.password) == wanted
        # Remembered as the session's `auth_data` where it succeeds.
        return AuthResult(success=is_ours, handled=False, auth_data=self.username)

    async def handle_MAIL(  # noqa: N802  (aiosmtpd's name)
        self, server: _Protocol, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """MAIL FROM."""
        del session
        if reply := await self._trouble(server, "MAIL"):
            return reply
        envelope.mail_from, envelope.mail_options = address, options
        return "250 2.1.0 Sender OK"

    async def handle_RCPT(  # noqa: N802
        self, server: _Protocol, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """RCPT TO: one answer a recipient."""
        del session, options
        if reply := await self._trouble(server, "RCPT") or self.refusals.get(address):
            return reply
        if all(address not in addresses for addresses in self.mailboxes.values()):
            return "550 5.1.1 No such user here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Recipient OK"

    async def handle_DATA(self, server: _Protocol, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """The mail itself; recorded before it is answered, as a real queue does."""
        if reply := await self._trouble(server, "DATA"):
            return reply
        message = BytesParser(policy=default).parsebytes(envelope.original_content or b"")
        assert isinstance(message, EmailMessage)
        self.mails.append(
            ReceivedMail(
                at=time.time(),
                sender=envelope.mail_from or "",
                recipients=tuple(envelope.rcpt_tos),
                message=message,
                user=str(session.auth_data or ""),
                was_encrypted=session.ssl is not None,
            )
        )
        if self.faults.loses_answers:
            self.faults.loses_answers -= 1
            server.cut()
        return f"250 2.0.0 Queued as {secrets.token_hex(4)}"

    async def trouble_at_greeting(self, server: _Protocol) -> str | None:
        """For EHLO, which aiosmtpd answers itself."""
        return await self._trouble(server, "EHLO")

    async def _trouble(self, server: _Protocol, command: str) -> str | None:
        if command in self.faults.drops:
            server.cut()
        if command in self.faults.hangs | self.faults.drops:
            await asyncio.Event().wait()
        return self.faults.replies.get(command)


class _Protocol(SMTP):
    """One connection."""

    def __init__(self, stand_in: SmtpStandIn, context: Any) -> None:
        self._stand_in = stand_in
        super().__init__(
            stand_in,
            hostname="mail.example.com",
            ident="ESMTP",
            tls_context=context,
            require_starttls=context is not None,
            auth_required=True,
            authenticator=stand_in.authenticate,
            loop=asyncio.get_running_loop(),
        )

    def cut(self) -> None:
        """The connection goes, without a word."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        """Forgotten, unless it only changed into TLS."""
        self._stand_in.forget(self)
        super().connection_lost(error)

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802
        """The greeting, which may be spoiled."""
        if reply := await self._stand_in.trouble_at_greeting(self):
            await self.push(reply)
            return
        await super().smtp_EHLO(hostname)
