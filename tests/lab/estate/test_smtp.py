"""What the mail stand-in keeps and breaks, seen by another client; what it promises stands in tests/contracts."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from lab.estate.smtp import SmtpStandIn

ANA, BEN, PARTNER = "ana@acme.example.com", "ben@acme.example.com", "team@example.com"
HEADERS = "From: sfint@example.com\r\nTo: ana@acme.example.com\r\nSubject: =?utf-8?q?se=C3=B1al?=\r\n"
MAIL = f"{HEADERS}\r\none\r\n..\r\n.two\r\n"
T = TypeVar("T")


class Client:
    """The standard library's client, in a thread."""

    def __init__(self, server: SmtpStandIn, ca_file: Path) -> None:
        self.server = server
        self._trust = ssl.create_default_context(cafile=str(ca_file))

    async def do(self, act: Callable[[smtplib.SMTP], T]) -> T:
        """One session, encrypted and logged in."""

        def session() -> T:
            with smtplib.SMTP(self.server.host, self.server.port, timeout=5) as smtp:
                smtp.starttls(context=self._trust)
                smtp.login(self.server.username, self.server.password)
                return act(smtp)

        return await asyncio.to_thread(session)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    """A client that trusts the server's authority."""
    async with SmtpStandIn({"client-admin": (ANA, BEN), "salesforce": (PARTNER,)}) as server:
        yield Client(server, server.certificate.write_authority(tmp_path / "ca.pem"))


async def test_each_recipient_has_an_answer_of_its_own(client: Client) -> None:
    """The mail goes to those that were taken."""
    client.server.refusals[BEN] = "451 4.7.1 greylisted"

    refused = await client.do(
        lambda smtp: smtp.sendmail("sfint@example.com", [ANA, BEN, "who@example.com", PARTNER], MAIL)
    )

    assert {who: code for who, (code, _) in refused.items()} == {BEN: 451, "who@example.com": 550}
    (mail,) = client.server.mails
    assert mail.recipients == (ANA, PARTNER)
    assert client.server.team_of(mail) == "client-admin"


async def test_a_mail_is_kept_as_its_reader_would_see_it(client: Client) -> None:
    """Headers decoded, dots at the start of a line restored, user and encryption noted."""
    await client.do(lambda smtp: smtp.sendmail("sfint@example.com", [ANA], MAIL))

    mail = client.server.mails_of("client-admin")[0]
    assert mail.subject == "señal"
    assert mail.text.split() == ["one", "..", ".two"]
    assert (mail.user, mail.was_encrypted) == (client.server.username, True)


async def test_a_mail_whose_answer_is_lost_was_taken(client: Client) -> None:
    """That is why a mail may come twice."""
    client.server.faults.loses_answers = 1

    with pytest.raises(smtplib.SMTPServerDisconnected):
        await client.do(lambda smtp: smtp.sendmail("sfint@example.com", [ANA], MAIL))

    assert len(client.server.mails) == 1


@pytest.mark.parametrize("command", ["EHLO", "MAIL", "RCPT", "DATA"])
async def test_a_command_can_be_spoiled(client: Client, command: str) -> None:
    """By an answer of the test's choice; nothing is taken."""
    client.server.faults.replies[command] = "451 4.3.0 not now"

    with pytest.raises(smtplib.SMTPException):
        await client.do(lambda smtp: smtp.sendmail("sfint@example.com", [ANA], MAIL))

    assert client.server.mails == []
