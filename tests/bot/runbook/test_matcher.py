"""The matcher: which words win, what stands beside them, and that no text stalls it."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.match import LONGEST_EVIDENCE
from bot.domain.signature import Signature
from bot.runbook.loader import load_runbook
from bot.runbook.matcher import Matcher
from bot.runbook.scanner import Scanner
from bot.runbook.template import to_pattern
from tests.bot.runbook.labelled import CORPUS, KNOWN

MATCHER = Matcher(load_runbook().entries)
SCANNER = Scanner(signature.pattern for signature in MATCHER.signatures)
ENTRIES = {entry.id for entry in load_runbook().entries}


@dataclass(frozen=True)
class Signed:
    """The least that a matcher takes."""

    signatures: tuple[Signature, ...]


def _matcher(*signatures: Signature) -> Matcher:
    return Matcher([Signed(signatures)])


def _signature(entry: str, source: str, confidence: float = 0.9, **more: object) -> Signature:
    return Signature(entry, source, to_pattern(source), confidence, **more)  # type: ignore[arg-type]  # test data


@pytest.mark.parametrize(
    "title", [(entry.id, entry.title) for entry in load_runbook().entries], ids=lambda t: t[0]
)
def test_an_entrys_own_title_names_it(title: tuple[str, str]) -> None:
    """Also as a heading, in another case, without its punctuation."""
    entry, words = title

    for text in (words, f"## {words}", words.upper(), f"  *{words.replace(',', '')}*: "):
        assert [match.entry for match in MATCHER.match(text)] == [entry], text


@pytest.mark.parametrize(
    ("title", "entry"),
    [
        ("Recover when Redis fails", "redis-failure"),
        ("Recover when no messages are received from Integrations", "integrations-no-messages"),
        ("Restart the middleware when it was shot down", "middleware-down"),
        ("Recover when Kafka fails", "kafka-failure"),
        ("`could not create chat in salesforce: this contact is blocked`", "contact-blocked"),
        ("`INVALID_OPERATION_WITH_EXPIRED_PASSWORD`", "expired-password"),
        ("`INVALID_AUTH_HEADER message:INVALID_HEADER_TYPE`", "invalid-auth-header"),
        ("Error Getting Token", "error-getting-token"),
        ("`[403] - Error call with status : Session required but was invalid or not found`", "longpoll-403"),
        ("`[503] - Error call with status :`", "longpoll-503"),
        ("`Event [ChatRequestFail] : [Unavailable]`", "chat-request-fail-unavailable"),
        ("`[500] - Error call with status : Internal Server Error`", "longpoll-500"),
        ("`Event [ChatRequestFail] : [Blocked]`", "chat-request-fail-blocked"),
        (
            "What to do when we do not receive LiveChat API events and the chats are not created:",
            "no-livechat-events",
        ),
    ],
)
@pytest.mark.parametrize("lead", ["", "## ", "What to do when the Integration is returning the next error: "])
def test_the_source_runbooks_titles_name_their_entries(lead: str, title: str, entry: str) -> None:
    """A person pastes the heading that they remember."""
    if lead.startswith("What") and not title.startswith("`"):
        lead = ""

    assert [match.entry for match in MATCHER.match(lead + title)] == [entry]


@pytest.mark.parametrize(
    ("text", "winner", "beaten"),
    [
        (
            "could not create chat in salesforce: this contact is blocked, Error call with status-[401] : "
            "[map[errorCode:INVALID_AUTH_HEADER]]",
            "invalid-auth-header",
            "contact-blocked",
        ),
        (
            "get_token [400] - Error call with status : INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
            "expired-password",
            "error-getting-token",
        ),
        (
            "[403] - Error call with status : [map[errorCode:REQUEST_LIMIT_EXCEEDED]]",
            "error-getting-token",
            "longpoll-403",
        ),
        (
            "redis cache warmer: kafka dial tcp 10.0.0.9:9092: connect: connection refused",
            "kafka-failure",
            "redis-failure",
        ),
    ],
)
def test_a_match_says_which_rival_it_beat(text: str, winner: str, beaten: str) -> None:
    """The cause stands alone, and the symptom is named as beaten."""
    (match,) = MATCHER.match(text)

    assert (match.entry, match.beat) == (winner, (beaten,))


def test_the_surest_match_comes_first() -> None:
    """Several entries may be named by several lines."""
    found = _matcher(
        _signature("b", "beta", 0.6), _signature("a", "alpha", 0.9), _signature("a", "alp", 0.95)
    ).match("beta\nalpha\n")

    assert [(match.entry, match.confidence) for match in found] == [("a", 0.9), ("b", 0.6)]


def test_two_that_beat_each_other_both_stay() -> None:
    """A line that quotes both errors hides neither."""
    matcher = _matcher(_signature("a", "alpha", beats=("b",)), _signature("b", "beta", beats=("a",)))

    assert [(match.entry, match.beat) for match in matcher.match("alpha and beta")] == [("a", ()), ("b", ())]


def test_nothing_beats_what_is_surer() -> None:
    """A weak sign of one failure does not hide a strong one of another."""
    weak = _signature("a", "alpha", 0.7, beats=("b",))

    assert [match.entry for match in _matcher(weak, _signature("b", "beta", 0.9)).match("alpha beta")] == [
        "b",
        "a",
    ]
    assert [match.entry for match in _matcher(weak, _signature("b", "beta", 0.7)).match("alpha beta")] == ["a"]


@pytest.mark.parametrize(
    ("line", "evidence"),
    [
        (
            '{"msg":"[dial tcp 10.0.0.9:6379: connect: no route to host]"}',
            "dial tcp 10.0.0.9:6379: connect: no route to host",
        ),
        (
            "node-1 redis-sentinel-node-2   1/2   CrashLoopBackOff   312",
            "redis-sentinel-node-2 1/2 CrashLoopBackOff",
        ),
        ('ChatRequestFail "message":{"reason":"Blocked"}', 'ChatRequestFail "message":{"reason":"Blocked'),
    ],
)
def test_evidence_quotes_all_that_counted(line: str, evidence: str) -> None:
    """From the first of the words to the last."""
    (match,) = MATCHER.match(line)

    assert match.evidence == evidence


def test_what_must_be_near_may_stand_some_lines_away() -> None:
    """`also` and `unless` look as far as `within` says, before and after."""
    matcher = _matcher(_signature("a", "crash", also=("redis",), unless=("exporter",), within=2))

    assert matcher.match("redis\n\ncrash") != ()
    assert matcher.match("crash\n\nredis") != ()
    assert matcher.match("redis\n\n\ncrash") == ()
    assert matcher.match("redis\ncrash\nexporter") == ()
    assert matcher.match("redis\ncrash\n\n\nexporter") != ()


def test_one_line_is_no_storm() -> None:
    """`at_least` counts lines."""
    matcher = _matcher(_signature("a", "rebalancing", at_least=3))

    assert matcher.match("rebalancing\nrebalancing") == ()
    assert matcher.match("rebalancing\nrebalancing\nrebalancing") != ()


def test_an_expired_session_that_logs_in_again_names_nothing() -> None:
    """The refusal on one line, the new log-in on one of the next."""
    refused = "could not create chat : Error call with status-[401] : [map[errorCode:INVALID_SESSION_ID]]"

    assert [match.entry for match in MATCHER.match(refused)] == ["error-getting-token"]
    assert MATCHER.match(f"{refused}\nlogging in again\nchat created") == ()


def test_a_healthy_rebalance_names_nothing_and_a_storm_names_kafka() -> None:
    """Three consumers of one group each say so once, and join; a storm goes on and on."""
    line = "Attempt to heartbeat failed since group is rebalancing\n"

    assert MATCHER.match(line * 3 + "Successfully joined group with generation 7") == ()
    assert [match.entry for match in MATCHER.match(line * 5)] == ["kafka-failure"]
    assert [match.entry for match in MATCHER.match((line * 2 + "Successfully joined group\n") * 6)] == [
        "kafka-failure"
    ]


def test_a_single_204_names_nothing_and_a_long_row_of_them_names_the_silence() -> None:
    """An event among them shows that events do arrive."""
    line = '{"level":"info","msg":"Not content events","userID":"u1"}\n'

    assert MATCHER.match(line) == ()
    assert [match.entry for match in MATCHER.match(line * 20)] == ["no-livechat-events"]
    assert MATCHER.match(line * 10 + '{"msg":"Event [ChatEstablished]"}\n' + line * 10) == ()


def test_evidence_is_short_even_where_the_words_are_many() -> None:
    """A line of a megabyte is not put on a card."""
    (match,) = _matcher(_signature("a", "/dial .* refused/")).match("dial " + "x" * 1_000_000 + " refused")

    assert len(match.evidence) == LONGEST_EVIDENCE


@pytest.mark.parametrize("line", [line for line in KNOWN if "\n" not in line.text], ids=lambda line: line.source)
def test_the_prefilter_misses_no_known_line(line: object) -> None:
    """What the matcher knows must be a candidate of the scanner."""
    assert SCANNER.candidates(line.text)  # type: ignore[attr-defined]  # a Labelled


FRAGMENTS = [part for line in CORPUS for part in (line.text, *line.text.split())] + [
    *("\x1b[31m", "[0;1", "\\u00", "\\\\\\", "&amp", "\u200b", "\ud800", "\x00", "ﷺ", "\u2028", "{", "[[[["),
]
pieces = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=12)), max_size=40)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(), pieces.map(" ".join), pieces.map("".join), pieces.map("\n".join)))
def test_no_text_breaks_the_matcher(text: str) -> None:
    """Whatever is pasted: matches of the runbook's entries, surest first, each once."""
    matches = MATCHER.match(text)

    assert {match.entry for match in matches} <= ENTRIES
    assert len({match.entry for match in matches}) == len(matches)
    assert [match.confidence for match in matches] == sorted((match.confidence for match in matches), reverse=True)


@settings(max_examples=100, deadline=None)
@given(pieces.map(" ".join))
def test_what_the_matcher_knows_the_prefilter_passes(text: str) -> None:
    """Made-up lines too."""
    line = text.replace("\n", " ")

    if MATCHER.match(line):
        assert SCANNER.candidates(line)


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "a",
            " ",
            "ñ",
            "\n",
            "dial tcp ",
            "redis error ",
            "[0;1;",
            "\x1b[",
            "\\\\",
            "\\u00",
            "&lt;",
            "%3|1|FAIL|",
            "%20",
            "%25",
            "+",
            "_a ",
            "a_",
            '""',
            'a""',
            "&amp;",
            "\\x",
            "\\xe2",
            "<http://",
            "<http://a|a",
            "(((",
        ),
        "dial tcp 10.0.0.1:6379: refused\nCrashLoopBackOff\nName: redis-node-0\n",
        "Not content events\n",
        "group is rebalancing\n",
        "ﷺ",
        "\u0301\u0316",
    ],
)
def test_time_grows_with_the_length_alone(unit: str) -> None:
    """Eight times the text takes about eight times as long; going back over it would take sixty-four times."""
    times = 50_000 // len(unit)

    assert _seconds(unit * 8 * times) < 30 * max(_seconds(unit * times), 0.002)


def _seconds(text: str) -> float:
    """Of the processor, the best of three: others share the machine."""
    taken = []
    for _ in range(3):
        begin = time.process_time()
        MATCHER.match(text)
        taken.append(time.process_time() - begin)
    return min(taken)
