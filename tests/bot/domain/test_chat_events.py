"""Chat events in log lines: the forms in which they come, and whose they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.chat_events import read_chat_events
from bot.domain.live_chat import ChatVerdict, classify_status


@pytest.mark.parametrize(
    "line",
    [
        '{"msg":"Event [ChatRequestFail] : [Blocked]","severity":"info","userID":"5215500000001"}',
        '{"severity":"info","userID": "5215500000001", "msg": "Event [ChatRequestFail]:[Blocked]"}',
        "INFO event [chatrequestfail]  :  [ Blocked ] userid=5215500000001 client=acme",
        'time=1 msg="Event [ChatRequestFail] : [Blocked]" userID:5215500000001}',
        r'{"log":"{\"msg\":\"Event [ChatRequestFail] : [Blocked]\",\"userID\":\"5215500000001\"}"}',
        "Event [ChatRequestFail] : [Blocked] userID[5215500000001]-client[acme]",
    ],
)
def test_a_failed_request_is_read_in_every_form(line: str) -> None:
    """Spacing, case, JSON within JSON, Go's way to write."""
    events = read_chat_events([line])

    assert events.fails == {"blocked": 1}
    assert events.users == {"blocked": {"5215500000001"}}


@pytest.mark.parametrize(
    "line",
    [
        "",
        "could not create chat in salesforce: this contact is blocked",
        "a ChatRequestFail would say Blocked",
        "Event ChatRequestFail : Blocked",
        "Events [ChatRequestFail of Blocked]",
    ],
)
def test_words_alone_are_no_event(line: str) -> None:
    """A contact that is blocked is another matter."""
    assert read_chat_events([line]).kinds == {}


def test_lines_without_a_user_count_as_one() -> None:
    """At least one there was."""
    events = read_chat_events(["Event [ChatRequestFail] : [Blocked]"] * 3)

    assert (events.fails["blocked"], len(events.users["blocked"]), events.requests) == (3, 1, 3)


@given(st.text(max_size=400), st.text(max_size=40))
def test_no_text_breaks_the_reading(text: str, reason: str) -> None:
    """Whatever a user is called, and whatever stands around it."""
    events = read_chat_events([text, f"Event [ChatRequestFail] : [{reason}] {text}"])

    assert sum(events.fails.values()) <= 2


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (400, ChatVerdict.IDS_REFUSED),
        (403, ChatVerdict.REFUSED),
        (404, ChatVerdict.REFUSED),
        (429, ChatVerdict.UNREACHABLE),
        (500, ChatVerdict.UNREACHABLE),
        (302, ChatVerdict.UNREADABLE),
        (204, ChatVerdict.UNREADABLE),
    ],
)
def test_a_status_that_is_no_success_has_a_verdict(status: int, verdict: ChatVerdict) -> None:
    """Asked and refused is one thing, could not ask another."""
    assert classify_status(status) is verdict
