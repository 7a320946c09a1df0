"""The e-mail pager against a submission server on loopback: what it mails, and what it repeats of the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.email import EmailPager
from bot.adapters.smtp_submission import SmtpServer
from bot.domain.errors import AccessDenied, BadAnswer, SfintError, Unreachable
from bot.domain.letter import Letter
from bot.domain.page import Page, PageState, page_key
from bot.domain.redaction import Redactor
from bot.domain.runbook import Severity, Team
from lab.estate.certificates import issue
from lab.estate.smtp import SmtpStandIn

ANA, BEN, EVA = "ana@acme.example.com", "ben@acme.example.com", "eva@acme.example.com"
USER = "integration@acme.example.com"
PAGE = Page(
    key=page_key("acme-prod", "expired-password", Team.CLIENT_ADMIN),
    target="acme-prod",
    entry="expired-password",
    team=Team.CLIENT_ADMIN,
    severity=Severity.CRITICAL,
    summary="the password has expired",
    channel="C1",
    thread=None,
    state=PageState.QUEUED,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)


class Clock:
    """A moment after the page."""

    def __init__(self) -> None:
        self.at = PAGE.created_at + timedelta(seconds=5)

    def now(self) -> datetime:
        """The wall time."""
        return self.at

    def monotonic(self) -> float:
        """The same, in seconds."""
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        """Moves on."""
        self.at += timedelta(seconds=seconds)


class World:
    """A mail server with three admins, and pagers that know it."""

    def __init__(self, smtp: SmtpStandIn, ca_file: str) -> None:
        self.smtp, self.clock = smtp, Clock()
        self.server = SmtpServer(
            "127.0.0.1", smtp.port, smtp.username, smtp.password, ca_file=ca_file, deadline_seconds=0.7
        )

    def pager(self, *recipients: str, **changes: object) -> EmailPager:
        """As the composition root makes it; a new one is a bot after a restart."""
        return EmailPager(
            replace(self.server, **changes),
            sender="sfint@example.com",
            reply_to="oncall@example.com",
            recipients=lambda page: recipients,
            write=_write,
            redactor=Redactor(["planted-secret"]),
            clock=self.clock,
        )


def _write(page: Page) -> Letter:
    over = "Over: " if page.state is PageState.RESOLVED else ""
    body = f"Señor: {USER} needs you. planted-secret, other@example.com\n.\nend\n"
    return Letter(f"[acme-prod] {over}contraseña", body, (USER,))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A fresh server for each test."""
    async with SmtpStandIn({"client-admin": (ANA, BEN, EVA)}) as smtp:
        yield World(smtp, str(smtp.certificate.write_authority(tmp_path / "ca.pem")))


async def test_a_page_is_one_encrypted_mail_to_all(world: World) -> None:
    """Submitted by the configured user, with an answer address, and readable."""
    said = await world.pager(ANA, BEN).trigger(PAGE)

    assert said == "mail accepted for 2 of 2 recipients"
    (mail,) = world.smtp.mails
    assert (mail.recipients, mail.sender) == ((ANA, BEN), "sfint@example.com")
    assert (mail.was_encrypted, mail.user) == (True, world.smtp.username)
    assert mail.subject == "[acme-prod] contraseña"
    headers = {name: mail.message[name] for name in ("From", "To", "Reply-To", "Auto-Submitted")}
    assert headers == {
        "From": "sfint@example.com",
        "To": f"{ANA}, {BEN}",
        "Reply-To": "oncall@example.com",
        "Auto-Submitted": "auto-generated",
    }
    assert mail.text.splitlines()[1:] == [".", "end"]


async def test_the_user_is_named_and_no_secret_is(world: World) -> None:
    """Redaction masks addresses, yet not the one that the reader has to know."""
    await world.pager(ANA).trigger(PAGE)

    text = world.smtp.mails[0].text
    assert text.startswith(f"Señor: {USER} needs you.")
    assert "planted-secret" not in text
    assert "other@example.com" not in text


async def test_one_refused_recipient_stops_nobody_else(world: World) -> None:
    """And is named with the server's words."""
    world.smtp.refusals[BEN] = "550 5.1.1 no such user"

    said = await world.pager(ANA, BEN, EVA).trigger(PAGE)

    assert said == f"mail accepted for 2 of 3 recipients, refused: {BEN} (550 5.1.1 no such user)"
    assert world.smtp.mails[0].recipients == (ANA, EVA)


async def test_a_page_that_every_recipient_refuses_has_failed(world: World) -> None:
    """Trying again would not help."""
    with pytest.raises(BadAnswer, match=r"accepted for 0 of 1 recipients, refused: who@else\.example\.com"):
        await world.pager("who@else.example.com").trigger(PAGE)


async def test_who_is_put_off_is_tried_again_alone(world: World) -> None:
    """The others do not get the mail twice."""
    world.smtp.refusals[BEN] = "451 4.7.1 greylisted"
    pager = world.pager(ANA, BEN)

    with pytest.raises(Unreachable, match=rf"1 of 2 recipients, put off: {BEN} \(451 4.7.1 greylisted\)"):
        await pager.trigger(PAGE)
    world.smtp.refusals.clear()
    said = await pager.trigger(PAGE)

    assert said == "mail accepted for 2 of 2 recipients"
    assert [mail.recipients for mail in world.smtp.mails] == [(ANA,), (BEN,)]


async def test_patience_with_the_last_recipient_ends(world: World) -> None:
    """The page counts as handed over, and says to whom it was not; with nobody reached, it never does."""
    world.smtp.refusals[BEN] = "450 4.2.1 mailbox busy"
    pager, alone = world.pager(ANA, BEN), world.pager(BEN)
    world.clock.at += timedelta(hours=1)

    said = await pager.trigger(PAGE)

    assert said == f"mail accepted for 1 of 2 recipients, put off: {BEN} (450 4.2.1 mailbox busy)"
    with pytest.raises(Unreachable):
        await alone.trigger(PAGE)


async def test_a_mail_whose_answer_was_lost_is_sent_again_as_the_same_mail(world: World) -> None:
    """At least once: by the same Message-ID and date, so that both copies are one; also after a restart."""
    world.smtp.faults.loses_answers = 1

    with pytest.raises(Unreachable):
        await world.pager(ANA).trigger(PAGE)
    await world.pager(ANA).trigger(PAGE)

    first, second = world.smtp.mails
    assert first.message["Message-ID"] == second.message["Message-ID"]
    assert first.message["Date"] == second.message["Date"]
    assert (first.subject, first.text) == (second.subject, second.text)


async def test_another_page_is_another_mail(world: World) -> None:
    """The same trouble a week later must not be taken for a copy."""
    pager = world.pager(ANA)

    await pager.trigger(PAGE)
    await pager.trigger(replace(PAGE, created_at=PAGE.created_at + timedelta(days=7)))

    assert len({mail.message["Message-ID"] for mail in world.smtp.mails}) == 2


async def test_the_end_is_a_short_mail_in_the_same_thread(world: World) -> None:
    """Once, and an acknowledgement is none."""
    pager = world.pager(ANA)
    await pager.trigger(PAGE)

    said = [await pager.acknowledge(PAGE), await pager.resolve(PAGE), await pager.resolve(PAGE)]

    assert said == ["", *["mail accepted for 1 of 1 recipients"] * 2]
    first, over = world.smtp.mails
    assert over.subject == "[acme-prod] Over: contraseña"
    assert over.message["In-Reply-To"] == first.message["Message-ID"]
    assert over.message["Message-ID"] != first.message["Message-ID"]


async def test_who_never_got_the_first_mail_gets_no_second(world: World) -> None:
    """An end without a beginning would only frighten."""
    world.smtp.refusals[BEN] = "550 5.1.1 no such user"
    pager, refused = world.pager(ANA, BEN), world.pager(BEN)
    await pager.trigger(PAGE)
    with pytest.raises(BadAnswer):
        await refused.trigger(PAGE)

    assert await refused.resolve(PAGE) == ""
    assert await pager.resolve(PAGE) == "mail accepted for 1 of 1 recipients"
    assert len(world.smtp.mails) == 2


def _reply(command: str, reply: str) -> Callable[[World], None]:
    return lambda world: world.smtp.faults.replies.update({command: reply})


ROWS: dict[str, tuple[Callable[[World], object], type[SfintError], str]] = {
    "4xx at MAIL": (_reply("MAIL", "451 4.3.0 later"), Unreachable, "asks to try again: 451 4.3.0 later"),
    "5xx at MAIL": (_reply("MAIL", "550 5.7.1 not you"), BadAnswer, "refused the mail: 550 5.7.1 not you"),
    "4xx at DATA": (_reply("DATA", "452 4.3.1 disk full"), Unreachable, "452 4.3.1 disk full"),
    "5xx at DATA": (_reply("DATA", "554 5.6.0 spam"), BadAnswer, "554 5.6.0 spam"),
    "4xx at AUTH": (_reply("AUTH", "454 4.7.0 later"), Unreachable, "454 4.7.0 later"),
    "hangs at EHLO": (lambda world: world.smtp.faults.hangs.add("EHLO"), Unreachable, "within 0.7 s"),
    "hangs at RCPT": (lambda world: world.smtp.faults.hangs.add("RCPT"), Unreachable, "within 0.7 s"),
    "hangs at DATA": (lambda world: world.smtp.faults.hangs.add("DATA"), Unreachable, "within 0.7 s"),
    "drops at MAIL": (lambda world: world.smtp.faults.drops.add("MAIL"), Unreachable, "cannot be reached"),
    "drops at DATA": (lambda world: world.smtp.faults.drops.add("DATA"), Unreachable, "cannot be reached"),
}


@pytest.mark.parametrize("name", ROWS)
async def test_a_refusal_says_whether_trying_again_helps(world: World, name: str) -> None:
    """4xx and silence: again; 5xx: not. No copy stays behind."""
    spoil, error, words = ROWS[name]
    spoil(world)

    with pytest.raises(error, match=words):
        await world.pager(ANA).trigger(PAGE)

    assert world.smtp.mails == []


async def test_a_wrong_password_is_not_tried_again_and_never_shown(world: World) -> None:
    """535 is the server's last word."""
    with pytest.raises(AccessDenied, match="refused our user or password: 535") as caught:
        await world.pager(ANA, password="planted-password").trigger(PAGE)

    assert "planted-password" not in f"{caught.value} {world.server!r}"


async def test_without_encryption_nothing_is_sent(world: World) -> None:
    """A server, or somebody in between, that does not offer STARTTLS gets no password and no mail."""
    world.smtp.offers_starttls = False

    with pytest.raises(BadAnswer, match="STARTTLS"):
        await world.pager(ANA).trigger(PAGE)

    assert world.smtp.mails == []


async def test_a_server_with_another_certificate_is_not_trusted(world: World) -> None:
    """The setting to look at is named; with the system's authorities alone it is the same."""
    stranger = issue("127.0.0.1")
    async with SmtpStandIn({"client-admin": (ANA,)}, certificate=stranger) as other:
        for ca_file in (world.server.ca_file, None):
            with pytest.raises(BadAnswer, match=r"is not trusted: .*email\.ca_file"):
                await world.pager(ANA, port=other.port, ca_file=ca_file).trigger(PAGE)

        assert other.mails == []


async def test_an_expired_certificate_is_told(tmp_path: Path) -> None:
    """In OpenSSL's words."""
    expired = issue("127.0.0.1", days_ago=3)
    async with SmtpStandIn({"client-admin": (ANA,)}, certificate=expired) as smtp:
        world = World(smtp, str(expired.write_authority(tmp_path / "ca.pem")))
        with pytest.raises(BadAnswer, match="expired"):
            await world.pager(ANA).trigger(PAGE)


async def test_trouble_with_tls_itself_is_no_judgement_of_the_certificate(world: World, tmp_path: Path) -> None:
    """Here the authorities cannot be read; nothing was sent."""
    (tmp_path / "torn.pem").write_text("torn")

    with pytest.raises(Unreachable, match=r"^TLS with mail server .* failed: NO_CERTIFICATE"):
        await world.pager(ANA, ca_file=str(tmp_path / "torn.pem")).trigger(PAGE)

    assert world.smtp.mails == []


async def test_a_server_that_is_gone_is_tried_again(world: World) -> None:
    """And found when it is back."""
    await world.smtp.stop()
    pager = world.pager(ANA)
    with pytest.raises(Unreachable, match="cannot be reached"):
        await pager.trigger(PAGE)

    await world.smtp.start()

    assert await pager.trigger(PAGE) == "mail accepted for 1 of 1 recipients"


async def test_a_team_without_addresses_is_told_where_to_set_them(world: World) -> None:
    """Nothing is sent."""
    with pytest.raises(
        AccessDenied, match=r"targets\.acme-prod\.client_admin_emails or teams\.client-admin\.emails"
    ):
        await world.pager().trigger(PAGE)

    assert world.smtp.sessions == 0


async def test_no_connection_is_left_open(world: World) -> None:
    """Neither after a mail nor after a time-out."""
    before = len(asyncio.all_tasks())
    await world.pager(ANA).trigger(PAGE)
    world.smtp.faults.hangs.add("RCPT")
    with pytest.raises(Unreachable):
        await world.pager(ANA).trigger(PAGE)
    async with asyncio.timeout(2):
        await world.smtp.until_idle()

    assert len(asyncio.all_tasks()) == before
