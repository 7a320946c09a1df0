"""The pager for all teams: every way of a team is used, and their words are joined without gloss."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.adapters.pager_by_team import PagerByTeam, Way
from bot.domain.errors import AccessDenied, BadAnswer, RateLimited, SfintError, Unreachable
from bot.domain.page import Page, PageState, page_key
from bot.domain.runbook import Severity, Team

PAGE = Page(
    key=page_key("acme-prod", "redis-failure", Team.OPS),
    target="acme-prod",
    entry="redis-failure",
    team=Team.OPS,
    severity=Severity.CRITICAL,
    summary="Redis has no master",
    channel="C1",
    thread=None,
    state=PageState.QUEUED,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)
GONE = Unreachable("mail server cannot be reached")
REFUSED = BadAnswer("mail refused")


class Provider:
    """Answers what it is told to, and remembers what it was asked."""

    def __init__(self, answer: str | SfintError) -> None:
        self.answer = answer
        self.asked: list[str] = []

    async def trigger(self, page: Page) -> str:
        """Hands over."""
        return self._answered("trigger")

    async def acknowledge(self, page: Page) -> str:
        """Somebody took it."""
        return self._answered("acknowledge")

    async def resolve(self, page: Page) -> str:
        """It is over."""
        return self._answered("resolve")

    def _answered(self, what: str) -> str:
        self.asked.append(what)
        if isinstance(self.answer, SfintError):
            raise self.answer
        return self.answer


class Clock:
    """Stands still, so many seconds after the page."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def now(self) -> datetime:
        """The wall time."""
        return PAGE.created_at + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """The same, in seconds."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Moves on."""
        self.seconds += seconds


def _pager(*answers: str | SfintError, age_seconds: float = 5.0) -> PagerByTeam:
    ways = [Way(Provider(answer), lambda page: page.team is Team.OPS) for answer in answers]
    return PagerByTeam(ways, Clock(age_seconds), patience_seconds=900.0)


async def test_every_way_of_the_team_is_used() -> None:
    """And no other team's; words that say nothing are left out."""
    duty, mail, other = Provider("PagerDuty: Event processed"), Provider(""), Provider("never")
    ways = [
        Way(duty, lambda page: True),
        Way(mail, lambda page: True),
        Way(other, lambda page: page.team is Team.DEVOPS),
    ]
    pager = PagerByTeam(ways, Clock(0))

    said = [await pager.trigger(PAGE), await pager.acknowledge(PAGE), await pager.resolve(PAGE)]

    assert said == ["PagerDuty: Event processed"] * 3
    assert duty.asked == mail.asked == ["trigger", "acknowledge", "resolve"]
    assert other.asked == []


async def test_the_words_of_all_providers_are_told() -> None:
    """In the order of the ways."""
    mail = "mail accepted for 2 of 3 recipients, refused: x@example.com (550)"

    assert await _pager("PagerDuty: Event processed", mail).trigger(PAGE) == f"PagerDuty: Event processed; {mail}"


async def test_a_team_without_a_way_is_told_where_to_set_one() -> None:
    """Both settings are named."""
    with pytest.raises(AccessDenied, match=r"teams\.devops\.pagerduty_routing_key or teams\.devops\.emails"):
        await _pager("PagerDuty: Event processed").trigger(replace(PAGE, team=Team.DEVOPS))


@pytest.mark.parametrize("refusal", [GONE, REFUSED, RateLimited("slow down", 7.0)])
async def test_the_only_way_refuses_in_its_own_words(refusal: SfintError) -> None:
    """Kind and waiting time included."""
    with pytest.raises(type(refusal)) as caught:
        await _pager(refusal).trigger(PAGE)

    assert caught.value is refusal


async def test_what_one_way_cannot_do_now_is_tried_again() -> None:
    """Though the other took it: who is mailed only should still get the mail; the notice says both."""
    with pytest.raises(Unreachable, match=r"^PagerDuty: ok; mail server cannot be reached$"):
        await _pager("PagerDuty: ok", GONE).trigger(PAGE)


async def test_that_ends_when_the_page_is_old() -> None:
    """Then what was taken counts, and what was not is said."""
    said = await _pager("PagerDuty: ok", GONE, age_seconds=901).trigger(PAGE)

    assert said == "PagerDuty: ok; mail server cannot be reached"
    with pytest.raises(Unreachable):
        await _pager(GONE, RateLimited("slow down"), age_seconds=901).trigger(PAGE)


async def test_a_final_refusal_does_not_undo_what_another_way_took() -> None:
    """It is told beside it."""
    assert await _pager("PagerDuty: ok", REFUSED).trigger(PAGE) == "PagerDuty: ok; mail refused"


async def test_a_page_that_every_way_refuses_has_failed() -> None:
    """With all reasons."""
    with pytest.raises(BadAnswer, match="mail refused; no key"):
        await _pager(REFUSED, AccessDenied("no key")).trigger(PAGE)
