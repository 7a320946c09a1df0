"""What submission servers promise (RFC 5321, 3207, 4954, 6409): the stand-in, and a real server when one is named.

A real one is named by SFINT_SMTP_SERVER (`host:port`), SFINT_SMTP_USER, SFINT_SMTP_PASSWORD, SFINT_SMTP_CA (a
file), SFINT_SMTP_TAKEN (two addresses that it takes, a comma between) and SFINT_SMTP_REFUSED (one it refuses).
"""

from __future__ import annotations

import asyncio
import os
import smtplib
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest

from bot.adapters.clock import SystemClock
from bot.adapters.email import EmailPager
from bot.adapters.smtp_submission import SmtpServer
from bot.domain.errors import AccessDenied, BadAnswer
from bot.domain.letter import Letter
from bot.domain.page import Page, PageState, page_key
from bot.domain.redaction import Redactor
from bot.domain.runbook import Severity, Team
from lab.estate.smtp import SmtpStandIn

T = TypeVar("T")
PEERS = ["stand-in", *(["real"] if "SFINT_SMTP_SERVER" in os.environ else [])]
MAIL = "From: sfint@example.com\r\nSubject: contract\r\n\r\none\r\n.two\r\n"


@dataclass(frozen=True)
class Peer:
    """A server, the way into it, and what it does with three addresses."""

    host: str
    port: int
    user: str
    password: str
    ca_file: str
    taken: tuple[str, str]
    refused: str

    async def do(self, act: Callable[[smtplib.SMTP], T], *, encrypts: bool = True, logs_in: bool = True) -> T:
        """One session by the standard library's client, which is not ours."""

        def session() -> T:
            with smtplib.SMTP(self.host, self.port, timeout=10) as smtp:
                smtp.ehlo("client.example.com")
                if encrypts:
                    smtp.starttls(context=ssl.create_default_context(cafile=self.ca_file))
                    smtp.ehlo("client.example.com")
                if encrypts and logs_in:
                    smtp.login(self.user, self.password)
                return act(smtp)

        return await asyncio.to_thread(session)

    def pager(self, *recipients: str, **changes: str) -> EmailPager:
        """The bot's own client."""
        server = SmtpServer(self.host, self.port, self.user, self.password, ca_file=self.ca_file)
        return EmailPager(
            replace(server, **changes),
            sender="sfint@example.com",
            recipients=lambda page: recipients,
            write=lambda page: Letter("[acme-prod] señal", "a line\n.\n" + "long " * 300),
            redactor=Redactor(),
            clock=SystemClock(),
        )


@pytest.fixture(params=PEERS)
async def peer(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Peer]:
    """One after the other."""
    if request.param == "real":
        host, _, port = os.environ["SFINT_SMTP_SERVER"].rpartition(":")
        user, password, ca_file = (os.environ[f"SFINT_SMTP_{name}"] for name in ("USER", "PASSWORD", "CA"))
        first, second = os.environ["SFINT_SMTP_TAKEN"].split(",")
        yield Peer(host, int(port), user, password, ca_file, (first, second), os.environ["SFINT_SMTP_REFUSED"])
        return
    taken = ("ana@acme.example.com", "ben@acme.example.com")
    async with SmtpStandIn({"client-admin": taken}) as smtp:
        ca_file = str(smtp.certificate.write_authority(tmp_path / "ca.pem"))
        yield Peer(smtp.host, smtp.port, smtp.username, smtp.password, ca_file, taken, "who@else.example.com")


def _page() -> Page:
    key = page_key("acme-prod", "expired-password", Team.CLIENT_ADMIN)
    at = datetime.now(UTC)
    return Page(
        key,
        "acme-prod",
        "expired-password",
        Team.CLIENT_ADMIN,
        Severity.ERROR,
        "s",
        "C1",
        None,
        PageState.QUEUED,
        at,
    )


async def test_the_log_in_is_offered_after_encryption_only(peer: Peer) -> None:
    """A client that found AUTH before would send its password in the clear."""
    plain = await peer.do(lambda smtp: dict(smtp.esmtp_features), encrypts=False)
    encrypted = await peer.do(lambda smtp: dict(smtp.esmtp_features), logs_in=False)

    assert "starttls" in plain
    assert "auth" not in plain
    assert "starttls" not in encrypted
    assert "PLAIN" in encrypted["auth"].split()


async def test_nothing_is_taken_without_encryption(peer: Peer) -> None:
    """530."""
    code, _ = await peer.do(lambda smtp: smtp.mail("sfint@example.com"), encrypts=False)

    assert code == 530


async def test_nothing_is_taken_from_a_stranger(peer: Peer) -> None:
    """At MAIL or at RCPT, yet with a 5xx."""

    def send(smtp: smtplib.SMTP) -> tuple[int, int]:
        first, _ = smtp.mail("sfint@example.com")
        second, _ = smtp.rcpt(peer.taken[0])
        return first, second

    assert max(await peer.do(send, logs_in=False)) >= 500


async def test_a_wrong_password_is_refused(peer: Peer) -> None:
    """535, by either client."""
    with pytest.raises(smtplib.SMTPAuthenticationError) as caught:
        await peer.do(lambda smtp: smtp.login(peer.user, "wrong"), logs_in=False)
    with pytest.raises(AccessDenied, match="535"):
        await peer.pager(peer.taken[0], password="wrong").trigger(_page())

    assert caught.value.smtp_code == 535


async def test_each_recipient_has_an_answer_of_its_own(peer: Peer) -> None:
    """The mail goes to the one that was taken."""
    refused = await peer.do(lambda smtp: smtp.sendmail("sfint@example.com", [peer.refused, peer.taken[0]], MAIL))
    said = await peer.pager(peer.refused, *peer.taken).trigger(_page())

    assert [(who, code // 100) for who, (code, _) in refused.items()] == [(peer.refused, 5)]
    assert said.startswith(f"mail accepted for 2 of 3 recipients, refused: {peer.refused} (5")


async def test_a_mail_that_every_recipient_refuses_is_not_sent(peer: Peer) -> None:
    """And the connection can be used again: the bot's client says so by not hanging."""
    with pytest.raises(BadAnswer, match="accepted for 0 of 1 recipients"):
        await peer.pager(peer.refused).trigger(_page())


async def test_a_page_and_its_end_are_taken(peer: Peer) -> None:
    """Long lines, dots and other alphabets included."""
    pager, page = peer.pager(*peer.taken), _page()

    said = [await pager.trigger(page), await pager.resolve(page)]

    assert said == ["mail accepted for 2 of 2 recipients"] * 2


async def test_a_server_that_the_system_does_not_know_is_not_trusted(peer: Peer, tmp_path: Path) -> None:
    """Without its authority nothing is said to it."""
    async with SmtpStandIn({}) as stranger:
        other = str(stranger.certificate.write_authority(tmp_path / "other.pem"))
        with pytest.raises(BadAnswer, match="is not trusted"):
            await peer.pager(peer.taken[0], ca_file=other).trigger(_page())
