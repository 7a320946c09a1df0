"""The figures of the long polls, and what they mean."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.finding import Outcome
from bot.domain.long_poll import NO_ANSWER, LongPoll, PollFigures, PollSign, Sign, figures
from bot.domain.long_poll_verdict import FAILING, PollVerdict, judge
from bot.domain.long_poll_words import coverage, evidence

_NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
_LONG_AGO = _NOW - timedelta(hours=3)
_RULES = LongPoll()
_SIGN_OF = {200: Sign.EVENT, 204: Sign.EMPTY}


def poll(ago: float, status: int, session: str = "a", waited: float = 0.0) -> PollSign:
    """A poll so many seconds ago."""
    sign = _SIGN_OF.get(status, Sign.REFUSED)
    return PollSign(_NOW - timedelta(seconds=ago), session, sign, status, waited)


def lost(ago: float, session: str) -> PollSign:
    """A reconnect that failed."""
    return PollSign(_NOW - timedelta(seconds=ago), session, Sign.RECONNECT_LOST, 503)


def verdict(signs: Iterable[PollSign], rules: LongPoll = _RULES, since: datetime = _LONG_AGO) -> PollVerdict:
    """What they come to."""
    return judge(figures(signs, rules, _NOW, since), rules).verdict


def chats(count: int, status: int, ago: float = 60.0, first: int = 0) -> list[PollSign]:
    """One poll of each of so many chats."""
    return [poll(ago, status, f"chat-{first + number}") for number in range(count)]


@pytest.mark.parametrize(
    ("ended", "fine", "expected"),
    [
        (1, 0, PollVerdict.FORBIDDEN_FEW),
        (4, 0, PollVerdict.FORBIDDEN_FEW),
        (3, 3, PollVerdict.FORBIDDEN_FEW),
        (4, 3, PollVerdict.FORBIDDEN),
        (5, 0, PollVerdict.FORBIDDEN),
        (0, 9, PollVerdict.OK),
    ],
)
def test_more_than_half_of_enough_chats_must_be_refused(ended: int, fine: int, expected: PollVerdict) -> None:
    """Different chats count, half is not enough, and fewer than five say nothing."""
    assert verdict([*chats(ended, 403), *chats(fine, 204, first=ended)]) is expected


def test_one_chat_that_is_refused_often_is_one_chat() -> None:
    """The share is of sessions, not of requests."""
    assert verdict([*(poll(n, 403, "one") for n in range(50)), *chats(5, 204)]) is PollVerdict.FORBIDDEN_FEW


def test_what_lies_before_the_window_is_forgotten() -> None:
    """15 minutes."""
    assert verdict([*chats(9, 403, ago=901), *chats(5, 204)]) is PollVerdict.OK
    assert verdict([*chats(9, 403, ago=899), *chats(5, 204)]) is PollVerdict.FORBIDDEN


@pytest.mark.parametrize(
    ("status", "lasting", "few"),
    [
        (503, PollVerdict.UNAVAILABLE, PollVerdict.UNAVAILABLE_FEW),
        (500, PollVerdict.SERVER_ERROR, PollVerdict.SERVER_ERROR_FEW),
        (502, PollVerdict.SERVER_ERROR, PollVerdict.SERVER_ERROR_FEW),
        (404, PollVerdict.GONE, PollVerdict.REFUSED_FEW),
        (NO_ANSWER, PollVerdict.UNANSWERED, PollVerdict.REFUSED_FEW),
    ],
)
def test_an_outage_is_the_same_error_to_all_polls_for_more_than_five_minutes(
    status: int, lasting: PollVerdict, few: PollVerdict
) -> None:
    """Each code has its own name; a good poll in between, too short a time or too few polls are no outage."""
    storm = [poll(ago, status, f"chat-{ago % 4}") for ago in range(0, 331, 30)]

    assert verdict(storm) is lasting
    assert verdict([*storm, poll(15, 204)]) is few
    assert verdict(storm[:-1]) is few
    assert verdict([storm[0], storm[-1]]) is few
    assert verdict([*storm, poll(400, 204)]) is lasting


def test_500_and_503_are_kept_apart() -> None:
    """Three minutes of each are no five of either; where they take turns, the more frequent is named."""
    halves = [poll(ago, 500 if ago > 180 else 503) for ago in range(0, 361, 10)]
    turns = [poll(ago, 500 if ago % 30 else 503) for ago in range(0, 361, 10)]

    assert verdict(halves) is PollVerdict.UNAVAILABLE_FEW
    assert verdict(turns) is PollVerdict.SERVER_ERROR


def test_an_outage_that_is_over_is_remembered_but_nobody_is_called() -> None:
    """The longest stretch stays in the evidence."""
    storm = [poll(ago, 503) for ago in range(100, 500, 10)]
    seen = figures([*storm, poll(5, 204)], _RULES, _NOW, _LONG_AGO)

    assert judge(seen, _RULES).verdict is PollVerdict.UNAVAILABLE_FEW
    assert seen.longest_only[503].seconds == 390
    assert "longest time with 503 only: 40 polls in 390 s" in list(evidence(PollVerdict.UNAVAILABLE_FEW, seen))


def test_lost_reconnects_escalate_from_the_minimum_on() -> None:
    """By different chats."""
    some = [*chats(9, 204), *chats(3, 503)]

    assert verdict([*some, lost(60, "x"), lost(60, "y")]) is PollVerdict.UNAVAILABLE_FEW
    assert verdict([*some, lost(60, "x"), lost(50, "x"), lost(40, "x")]) is PollVerdict.UNAVAILABLE_FEW
    assert verdict([*some, lost(60, "x"), lost(60, "y"), lost(60, "z")]) is PollVerdict.RECONNECT_FAILED


def silence(begun: int = 3) -> list[PollSign]:
    """A quarter of an hour of empty polls, old chats and new ones."""
    old = [poll(ago, 204, "old") for ago in range(0, 1000, 20)]
    new = [poll(ago, 204, f"new-{n}") for n in range(begun) for ago in range(0, 300, 20)]
    return old + new


def test_silence_is_empty_polls_though_chats_began() -> None:
    """One event, one error or a short log is enough to doubt it; without new chats it may be a quiet hour."""
    assert verdict(silence()) is PollVerdict.SILENT
    assert verdict(silence(begun=2)) is PollVerdict.OK
    assert verdict([*silence(), poll(300, 200, "old")]) is PollVerdict.OK
    assert verdict([*silence(), poll(300, 503, "old")]) is PollVerdict.UNAVAILABLE_FEW
    assert verdict(silence(), since=_NOW - timedelta(seconds=500)) is PollVerdict.OK
    assert verdict([poll(1, 204)]) is PollVerdict.OK


def test_chats_that_ran_before_the_log_begins_did_not_begin() -> None:
    """A restart shows every chat for the first time; within one poll."""
    signs = [poll(ago, 204, f"chat-{n}") for n in range(5) for ago in range(0, 901 - n, 20)]

    assert verdict(signs, since=_NOW - timedelta(seconds=901)) is PollVerdict.OK


def test_slow_polls_and_duplicates_are_told_and_page_nobody() -> None:
    """Both explain a 403, and neither is one."""
    slow = [poll(30, 204, f"chat-{n}", waited=50.0) for n in range(3)]

    assert verdict(slow) is PollVerdict.SLOW
    assert verdict(slow[:2]) is PollVerdict.OK
    assert verdict([*slow, poll(20, 409)]) is PollVerdict.DUPLICATE
    assert judge(figures([poll(20, 409)], _RULES, _NOW, _LONG_AGO), _RULES).outcome is Outcome.DEGRADED


def test_chats_that_a_redeploy_ended_are_no_matter_of_salesforces() -> None:
    """409, then 403 in the same chats: two pods polled them; other chats count as ever."""
    ours = [*chats(6, 409, ago=70), *chats(6, 403), *chats(2, 204, first=6)]

    assert verdict(ours) is PollVerdict.FORBIDDEN_FEW
    assert verdict([*ours, *chats(1, 403, first=7)]) is PollVerdict.FORBIDDEN_FEW
    assert verdict([*ours, *chats(9, 403, first=7)]) is PollVerdict.FORBIDDEN


@pytest.mark.parametrize(
    ("started_ago", "expected"), [(100, PollVerdict.FORBIDDEN_FEW), (130, PollVerdict.FORBIDDEN)]
)
def test_403s_right_after_a_start_of_the_middleware_are_its_own_doing(
    started_ago: float, expected: PollVerdict
) -> None:
    """For a minute: then the sessions that ended while it was away have shown."""
    starts = (_NOW - timedelta(seconds=started_ago),)
    seen = figures(chats(9, 403, ago=60), _RULES, _NOW, _LONG_AGO, starts)

    assert judge(seen, _RULES).verdict is expected
    assert any("our own doing" in line for line in evidence(expected, seen)) is (started_ago == 100)


def test_the_evidence_counts_by_status_with_times_and_names_the_retirement_where_it_fits() -> None:
    """Errors first; no session in it."""
    seen = figures([*chats(5, 403), poll(30, 403, "chat-9"), *chats(2, 204)], _RULES, _NOW, _LONG_AGO)
    lines = list(evidence(PollVerdict.FORBIDDEN, seen))

    assert lines[0] == "403 × 6 (11:59:00–11:59:30 UTC), 204 × 2"
    assert "14 Feb 2026" in lines[1]
    assert not any("chat-" in line for line in lines)
    assert not any("2026" in line for line in evidence(PollVerdict.FORBIDDEN_FEW, seen))


@pytest.mark.parametrize(
    ("since", "is_cut", "words"),
    [
        (_LONG_AGO, False, "read: logs, for the last 15 min"),
        (_NOW - timedelta(seconds=300), False, "only 5 min of 15 min: older lines are gone, or the pod is new"),
        (_NOW - timedelta(seconds=40), True, "only 40 s of 15 min: there are more lines than were read"),
        (None, False, "read: logs, where nothing was written in 15 min"),
    ],
)
def test_how_much_was_read_is_said_plainly(since: datetime | None, is_cut: bool, words: str) -> None:
    """A log that was rotated away tells of less."""
    assert words in coverage("logs", since, _NOW, 900, is_cut=is_cut)


_STATUSES = st.sampled_from([200, 204, 403, 404, 409, 500, 502, 503, NO_ANSWER])
_POLLS = st.builds(
    poll,
    st.floats(0, 2000),
    _STATUSES,
    st.integers(0, 12).map(lambda number: f"chat-{number}" if number else ""),
    st.floats(0, 100),
)
_SIGNS = st.lists(_POLLS | st.builds(lost, st.floats(0, 2000), st.sampled_from("xyz")), max_size=60)


@given(_SIGNS)
def test_below_the_minimum_sample_nothing_is_failing(signs: list[PollSign]) -> None:
    """Whatever the polls met."""
    rules = replace(
        _RULES, minimum_sessions=14, minimum_polls=61, minimum_lost_reconnects=4, minimum_silent_polls=61
    )

    assert verdict(signs, rules) not in FAILING


@given(_SIGNS, st.integers(0, 12))
def test_one_more_refused_chat_never_makes_it_better(signs: list[PollSign], number: int) -> None:
    """The share of forbidden sessions grows with each of them."""
    before = figures(signs, _RULES, _NOW, _LONG_AGO)
    after = figures([*signs, poll(1, 403, f"new-{number}")], _RULES, _NOW, _LONG_AGO)

    assert _share(after) >= _share(before)
    if judge(before, _RULES).verdict is PollVerdict.FORBIDDEN:
        assert judge(after, _RULES).verdict is PollVerdict.FORBIDDEN


def _share(seen: PollFigures) -> float:
    return seen.forbidden_sessions / seen.sessions if seen.sessions else 0.0


@given(_SIGNS, st.randoms())
def test_the_order_of_the_lines_and_the_future_do_not_matter(signs: list[PollSign], random: object) -> None:
    """Pods' logs are joined as they come, and clocks differ."""
    shuffled = sorted(signs, key=lambda _: random.random())  # type: ignore[attr-defined]  # hypothesis' Random
    ahead = poll(-600, 403, "ahead")

    assert (
        figures(shuffled, _RULES, _NOW, _LONG_AGO).by_status == figures(signs, _RULES, _NOW, _LONG_AGO).by_status
    )
    assert figures([*signs, ahead], _RULES, _NOW, _LONG_AGO) == figures(signs, _RULES, _NOW, _LONG_AGO)


@given(st.lists(st.builds(poll, st.floats(0, 2000), st.sampled_from([200, 204])), max_size=40))
def test_one_event_a_minute_is_never_silence(signs: list[PollSign]) -> None:
    """A healthy system is ok, whatever its rhythm."""
    alive = [poll(ago, 200, "agent") for ago in range(0, 900, 60)]

    assert verdict([*signs, *alive]) is PollVerdict.OK
