"""Reading errors in the middleware's log, in the spellings that were seen."""

from __future__ import annotations

import json

import pytest

from bot.domain.errors import AccessDenied
from bot.readings.container_logs import TAIL_LINES
from bot.readings.stream_errors import counted, read_stream_errors
from tests.bot.checks.check_world import MIDDLEWARE, TARGET, middleware_pod, workload
from tests.fakes.estate import FakeCluster, FakeWorkloads, fake_estate

DOWN = "Local: All broker connections are down"


@pytest.mark.parametrize(
    "line",
    [
        f"[reading_err:{DOWN}][topic:t]",
        f"[reading_err: {DOWN} ] [topic: t ]",
        f"[Reading_Err:{DOWN}][Topic:t]",
        json.dumps({"severity": "error", "msg": f"[reading_err:{DOWN}][topic:t]", "time": "2026-03-01T03:00:00Z"}),
    ],
)
def test_every_spelling_counts(line: str) -> None:
    """Alone or inside a JSON string."""
    assert counted([line, line]) == ((f"reading_err on t: {DOWN}", 2),)


@pytest.mark.parametrize(
    "line",
    [
        "[reading_err:Local: Timed out][topic:t]",
        "[process_error:invalid character][topic:t]",
        "reading_err is how the middleware begins such a line",
        "",
    ],
)
def test_what_is_no_reading_error(line: str) -> None:
    """Waiting in vain for a message is none, nor is a message that could not be used."""
    assert counted([line]) == ()


def test_brackets_in_an_error_do_not_end_it() -> None:
    """Addresses of version six have them."""
    ((what, _),) = counted(["[reading_err:[::1]:9092/1: Connect failed][topic:t]"])

    assert what == "reading_err on t: [::1]:9092/1: Connect failed"


def test_equal_errors_of_several_brokers_are_one() -> None:
    """librdkafka names the broker and the milliseconds in each."""
    said = (
        "sasl_ssl://b{0}.example.com:9092/{0}: Connect failed: Connection refused (after {0}ms in state CONNECT)"
    )
    lines = [f"[reading_err:{said.format(n)}][topic:t]" for n in range(3)]

    assert counted(lines) == (("reading_err on t: Connect failed: Connection refused", 3),)


def test_a_long_line_is_no_burden() -> None:
    """Each beginning is followed for a bounded length."""
    assert counted(["[reading_err:" * 50_000]) == ()


async def test_counts_of_a_log_that_is_too_long_are_the_least() -> None:
    """The lines before those that were read may hold more."""
    pod = middleware_pod()
    line = f"[reading_err:{DOWN}][topic:t]\n"
    log = {(pod.name, TARGET.middleware.container, False): line * (TAIL_LINES + 1)}
    estate = fake_estate(
        cluster=FakeCluster({TARGET.namespace: [pod]}, log=log), workloads=FakeWorkloads(workload(MIDDLEWARE, 1))
    )

    seen = await read_stream_errors(TARGET, estate, seconds=5.0)

    assert seen.lines[0].startswith(f"middleware log: at least {TAIL_LINES} x reading_err on t: {DOWN}")


async def test_a_log_that_cannot_be_read_is_a_problem_and_no_exception() -> None:
    """And it is no clean log."""
    pods = {TARGET.namespace: [middleware_pod()]}
    cluster = FakeCluster(pods, log_problem=AccessDenied("pods/log is forbidden"))
    estate = fake_estate(cluster=cluster, workloads=FakeWorkloads(workload(MIDDLEWARE, 1)))

    seen = await read_stream_errors(TARGET, estate, seconds=1.0)

    assert seen.counts == ()
    assert seen.lines == ("the middleware's log could not be read: pods/log is forbidden",)
