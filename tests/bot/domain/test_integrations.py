"""Which core service fails, and what may be said where the logs do not tell enough."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.integrations import CoreService, Integrations, LogFigures, ServiceReading, figures
from bot.domain.integrations_verdict import CoreVerdict, describe, judge
from bot.domain.webhook import Registration, Webhook, differences, tag_of, version_in

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
RULES = Integrations(window_seconds=300, baseline_seconds=3600, minimum_messages=10)
CHANNEL = CoreService("Channel", messages="forwarded")
BUSY = LogFigures(messages=50, usual_messages=600, covered_seconds=3600)
SILENT = LogFigures(messages=0, usual_messages=600, covered_seconds=3600)


def reading(log: LogFigures | None = BUSY, name: str = "Channel", **more: object) -> ServiceReading:
    """One service's."""
    service = CoreService(name, messages="forwarded")
    return ServiceReading(service, pods="1 of 1 pods are available", log=log, **more)  # type: ignore[arg-type]  # test data by name


@pytest.mark.parametrize(
    ("readings", "verdict", "words"),
    [
        ([reading()], CoreVerdict.OK, "Channel run, 10 messages a minute at least"),
        ([reading(SILENT)], CoreVerdict.SILENT, "Channel has no messages: 0 messages a minute (usually 10)"),
        (
            [reading(LogFigures(messages=5, usual_messages=600, covered_seconds=3600))],
            CoreVerdict.LOW,
            "few messages",
        ),
        ([reading(LogFigures(50, 7, 600, 3600))], CoreVerdict.ERRORS, "logs errors: 7 lines in 300 s"),
        ([reading(LogFigures(50, 4, 600, 3600))], CoreVerdict.OK, ""),
        ([reading(LogFigures(0, 0, 30, 300))], CoreVerdict.CANNOT_TELL, "not enough history to say what is usual"),
        ([reading(LogFigures())], CoreVerdict.CANNOT_TELL, "not enough history"),
        ([reading(LogFigures(usual_at_this_hour=0.0))], CoreVerdict.OK, "run, as quiet as usual at this hour"),
        ([reading(LogFigures(usual_at_this_hour=9.0))], CoreVerdict.OK, "run, as quiet as usual at this hour"),
        ([reading(LogFigures(usual_at_this_hour=50.0))], CoreVerdict.SILENT, "(usually 10 at this hour)"),
        (
            [reading(LogFigures(covered_seconds=3600, usual_at_this_hour=50.0))],
            CoreVerdict.SILENT,
            "(usually 10 at this hour)",
        ),
        ([reading(LogFigures(0, 0, 60, 3600))], CoreVerdict.OK, ""),
        ([reading(LogFigures(50, 0, 600, 3600, is_cut=True))], CoreVerdict.CANNOT_TELL, "more than can be read"),
        ([reading(None, unread="403")], CoreVerdict.CANNOT_TELL, "could not be asked: 403"),
        ([reading(problem="it is scaled to 0")], CoreVerdict.SERVICE_DOWN, "does not run: it is scaled to 0"),
    ],
)
def test_one_service_is_judged(readings: list[ServiceReading], verdict: CoreVerdict, words: str) -> None:
    """A quiet service whose usual load is small, and errors below the minimum, are nothing."""
    judged = judge(readings, RULES)

    assert judged.verdict is verdict
    assert words in judged.words


def test_the_one_that_is_down_is_named_before_those_that_it_silences() -> None:
    """The services behind it have no messages because of it."""
    judged = judge([reading(SILENT, "API"), reading(name="Freeway", problem="crash loop in freeway-0")], RULES)

    assert (judged.verdict, judged.culprit) == (CoreVerdict.SERVICE_DOWN, "Freeway")


def test_of_several_silent_ones_the_one_with_errors_is_named() -> None:
    """The others are named after it."""
    failing = LogFigures(0, 12, 600, 3600)

    judged = judge([reading(SILENT, "API"), reading(failing, "Channel"), reading(SILENT, "Freeway")], RULES)

    assert (judged.verdict, judged.culprit) == (CoreVerdict.SILENT, "Channel")
    assert "12 error lines; also API, Freeway" in judged.words


def test_a_failure_outweighs_what_could_not_be_asked() -> None:
    """Else one missing permission would hide an outage."""
    judged = judge([reading(None, "API", unread="403"), reading(SILENT)], RULES)

    assert judged.verdict is CoreVerdict.SILENT


def test_without_a_pattern_nothing_is_counted_and_that_is_said() -> None:
    """Health and errors are still judged."""
    service = ServiceReading(
        CoreService("API"), pods="1 of 1 pods are available", log=LogFigures(covered_seconds=3600)
    )

    assert judge([service], RULES).verdict is CoreVerdict.OK
    assert "messages are not counted (no pattern)" in describe(service, RULES)


def test_lines_are_counted_in_the_window_and_before_it() -> None:
    """By the time at which Kubernetes took them; the oldest line tells how far the log reaches back."""
    lines = [(NOW - timedelta(seconds=age), "forwarded") for age in (10, 20, 400, 900)]
    lines += [(NOW - timedelta(seconds=30), '{"severity":"error","msg":"no route"}'), (NOW, "level=warning x")]

    seen = figures(lines, CHANNEL, RULES, NOW)

    assert (seen.messages, seen.usual_messages, seen.errors, seen.covered_seconds) == (2, 2, 1, 600.0)
    assert "no route" in seen.last_error


@pytest.mark.parametrize(
    ("line", "is_error"),
    [
        ('{"level":"error","msg":"x"}', True),
        ('{"severity": "FATAL"}', True),
        ("time=… level=error msg=x", True),
        ("2026-01-01 ERROR something", True),
        ("panic: runtime error", True),
        ('{"level":"info","msg":"no errors, all well"}', False),
        ("the error budget is fine", False),
        ('{"level":"warning","error_count":0}', False),
    ],
)
def test_error_lines_are_known_by_their_severity(line: str, is_error: bool) -> None:
    """Not by the word in a sentence."""
    assert figures([(NOW, line)], CHANNEL, RULES, NOW).errors == is_error


def test_evidence_shows_the_last_error_without_numbers_that_may_be_somebodys() -> None:
    """The message of a JSON line; a telephone number in it is left out."""
    log = LogFigures(1, 9, 0, 0, '{"level":"error","msg":"no route for 5215512345678","error":"timeout"}')

    told = describe(reading(log, restarts=3), RULES)

    assert "3 restarts" in told
    assert "9 error lines; the last: no route for … / timeout" in told


@pytest.mark.parametrize(
    ("image", "tag"),
    [
        ("registry.example.com:5000/acme/api:v3", "v3"),
        ("acme/api:production-v3@sha256:abc", "production-v3"),
        ("registry.example.com:5000/acme/api", ""),
        ("acme/api@sha256:abc", ""),
    ],
)
def test_the_tag_of_an_image(image: str, tag: str) -> None:
    """The port of a registry is none."""
    assert tag_of(image) == tag


@pytest.mark.parametrize(
    ("text", "pattern", "version"),
    [
        ("v3", r"v?(\d+)", "3"),
        ("3", r"v?(\d+)", "3"),
        ("v3.1", r"v(\d+)\..*", "3"),
        ("main", r"v?(\d+)", ""),
        ("7", r"\d", "7"),
    ],
)
def test_the_version_in_a_tag(text: str, pattern: str, version: str) -> None:
    """The first group, or the whole where there is none; it must fit as a whole."""
    assert version_in(text, pattern) == version


def test_differences_name_what_is_wrong_and_nothing_that_is_not_known() -> None:
    """What the settings or the answer leave open is not compared."""
    wanted = Webhook(version=3, bot_id="acme-bot", address="https://acme.example.com/hook")

    assert differences(wanted, Registration("3")) == ()
    assert differences(wanted, Registration("v3", "https://acme.example.com/hook/")) == ()
    assert differences(wanted, Registration("4", "https://old.example.com/hook", "passthrough")) == (
        "version is 4, expected 3",
        "webhook is https://old.example.com/hook, expected https://acme.example.com/hook",
        "channel is passthrough, expected outgoing_webhook",
    )
