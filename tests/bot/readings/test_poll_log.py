"""The long polls in the middleware's logs, in every spelling."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.long_poll import NO_ANSWER, Sign
from bot.readings.poll_log import PollLog, parsed, read_poll_log
from tests.bot.checks import check_world as world
from tests.fakes.estate import FakeCluster, FakeWorkloads, fake_estate

_AT = '"time":"2026-01-01T10:00:00Z"'
_CONTAINER = world.TARGET.middleware.container
_DUMP = r'"interconnection":"manage.Interconnection{UserID:\"521550000\", SessionKey:\"k\", Status:\"ON_HOLD\"}"'


@pytest.mark.parametrize(
    ("line", "sign", "status"),
    [
        ('{"msg":"Not content events","severity":"info",%s,"userID":"521550000"}', Sign.EMPTY, 204),
        ('{"msg":"not  content events",%s,"userID":"521550000"}', Sign.EMPTY, 204),
        ('{"msg":"Event [QueueUpdate] : []",%s,"userID":"521550000"}', Sign.EVENT, 200),
        ('{"msg":"event [ChatRequestFail]: [Unavailable]",%s,"userID":"521550000"}', Sign.EVENT, 200),
        ('{"msg":"StatusForbidden","severity":"error",%s,"userID":"521550000"}', Sign.REFUSED, 403),
        (
            '{"error":"[403] - Error call with status : Session required but was invalid or not found",'
            + _DUMP
            + ',"msg":"StatusForbidden",%s,"userID":"521550000"}',
            Sign.REFUSED,
            403,
        ),
        (
            '{"error":"[503] - Error call with status : ",' + _DUMP + ',"msg":"StatusServiceUnavailable",%s}',
            Sign.REFUSED,
            503,
        ),
        ('{"msg":"statusserviceunavailable",%s,"userId":"521550000"}', Sign.REFUSED, 503),
        ('{"msg":"Duplicate Long Polling",%s,"userID":"521550000"}', Sign.REFUSED, 409),
        (
            '{"error":"[503] - …","msg":"Reconnect session failed",%s,"userID":"521550000"}',
            Sign.RECONNECT_LOST,
            503,
        ),
        (
            '{"msg":"Exists error in long polling : [500] - Error call with status : Internal Server Error",'
            '%s,"userID":"521550000"}',
            Sign.REFUSED,
            500,
        ),
        (
            '{"msg":"Exists error in long polling: Error call with status-[502] : bad","userID":"521550000",%s}',
            Sign.REFUSED,
            502,
        ),
        (
            '{"msg":"Exists error in long polling : Get \\"https://example.com\\": context deadline exceeded",'
            '%s,"userID":"521550000"}',
            Sign.REFUSED,
            NO_ANSWER,
        ),
        (
            "map[error:[403] - Error call with status : Session required but was invalid or not found"
            " time:2026-01-01T10:00:00Z userID:521550000]",
            Sign.REFUSED,
            403,
        ),
        ('level=error msg=StatusForbidden time="2026-01-01T10:00:00Z" userID=521550000', Sign.REFUSED, 403),
        ('{"msg":"GET /chat/rest/System/Messages [500]-Error call with status :",%s,"userID":"521550000"}',
         Sign.REFUSED, 500),
    ],
)  # fmt: skip
def test_every_spelling_is_one_sign_with_time_and_chat(line: str, sign: Sign, status: int) -> None:
    """JSON, Go map and logfmt; whatever the case, the spaces and the level."""
    log = parsed(line % _AT if "%s" in line else line)

    assert [(each.sign, each.status, each.session) for each in log.signs] == [(sign, status, "521550000")]
    assert log.signs[0].at == log.since == datetime(2026, 1, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "line",
    [
        '{"msg":"Get Session sucessfully",%s}',
        '{"details":"[403] - Error call with status : REQUEST_LIMIT_EXCEEDED","path":"/v1/chats/connect",%s}',
        '{"msg":"[503] - Error call with status : ","path":"/services/data/v52.0/composite",%s}',
        '{"msg":"the event loop is forbidden to block, no reconnect",%s}',
        '{"msg":"Send to state [from-sf-timeout]",%s}',
        "",
    ],
)
def test_other_lines_are_no_polls(line: str) -> None:
    """A 403 or 503 of another call is another system's."""
    assert parsed(line % _AT if line else line).signs == ()


@pytest.mark.parametrize(
    ("stamp", "second"),
    [
        ("2026-01-01T10:00:01Z", 1),
        ("2026-01-01T10:00:02.123456789Z", 2),
        ("2026-01-01T04:00:03-06:00", 3),
        ("2026-01-01T10:00:04.5+0000", 4),
    ],
)
def test_times_of_all_zones_are_read(stamp: str, second: int) -> None:
    """Go writes the zone that it runs in."""
    at = parsed(f'{{"msg":"Not content events","time":"{stamp}","userID":"1"}}').signs[0].at

    assert at.astimezone(UTC).replace(microsecond=0) == datetime(2026, 1, 1, 10, 0, second, tzinfo=UTC)


def test_two_lines_of_one_poll_count_once() -> None:
    """The client's line and that of the loop around it; alone the client's line counts."""
    bare = f'{{"msg":"get_messages: [503] - Error call with status : ",{_AT}}}'
    loop = '{"msg":"StatusServiceUnavailable","time":"2026-01-01T10:00:01Z","userID":"1"}'

    assert len(parsed(f"{bare}\n{loop}").signs) == 1
    assert len(parsed(f"{loop}\n{bare}").signs) == 1
    assert [sign.status for sign in parsed(bare).signs] == [503]
    assert parsed(bare).nameless == 1


def test_a_poll_takes_the_time_since_the_same_chats_last_line() -> None:
    """A chat that ended is polled no more: the same user's next one is another chat."""
    lines = [
        ("00:00", "Not content events", "1"),
        ("00:10", "Not content events", "2"),
        ("00:50", "Not content events", "1"),
        ("00:55", "StatusForbidden", "1"),
        ("59:00", "Not content events", "1"),
        ("59:02", "Event [ChatEnded] : [agent]", "1"),
        ("59:59", "Event [ChatRequestSuccess] : []", "1"),
    ]
    text = "\n".join(
        f'{{"msg":"{words}","time":"2026-01-01T10:{at}Z","userID":"{user}"}}' for at, words, user in lines
    )

    assert [sign.waited_seconds for sign in parsed(text).signs] == [0, 0, 50, 5, 0, 2, 0]


def test_a_line_without_a_time_has_that_of_the_poll_before_it() -> None:
    """And none at all cannot be placed."""
    untimed = '{"msg":"StatusForbidden","userID":"2"}'

    assert parsed(untimed) == PollLog()
    assert len(parsed(f'{{"msg":"Not content events",{_AT},"userID":"1"}}\n{untimed}').signs) == 2


@given(st.lists(st.text() | st.sampled_from(["StatusForbidden", 'time="2026-13-01T99:00:00Z"', "Event ["])))
def test_no_text_breaks_the_reading(parts: list[str]) -> None:
    """Whatever a container writes."""
    assert parsed(" ".join(parts)).pods == 0


async def test_all_pods_and_the_containers_before_are_read() -> None:
    """For the longest window and one poll more; the source begins where the oldest line does."""
    pod = world.middleware_pod(restarts=1)
    cluster = FakeCluster({world.TARGET.namespace: [pod, *world.redis_pods()]})
    cluster.log[pod.name, _CONTAINER, True] = f'{{"msg":"StatusForbidden",{_AT},"userID":"1"}}\n'
    cluster.log[pod.name, _CONTAINER, False] = (
        '{"msg":"Not content events","time":"2026-01-01T10:05:00Z","userID":"2"}\n'
    )
    workloads = FakeWorkloads(world.workload(world.MIDDLEWARE, 1))

    log = await read_poll_log(world.TARGET, fake_estate(cluster=cluster, workloads=workloads))

    assert {sign.session for sign in log.signs} == {"1", "2"}
    assert (log.pods, log.since, log.is_cut) == (1, datetime(2026, 1, 1, 10, tzinfo=UTC), False)
    assert cluster.log_windows == [945, 945]


async def test_a_log_that_is_longer_than_what_is_read_begins_where_the_reading_does() -> None:
    """Then the windows are not covered, and that is said."""
    pod = world.middleware_pod()
    cluster = FakeCluster({world.TARGET.namespace: [pod]})
    lines = [f'{{"msg":"x","time":"2026-01-01T10:{n // 600:02}:{n // 10 % 60:02}Z"}}' for n in range(20_001)]
    cluster.log[pod.name, _CONTAINER, False] = "\n".join(lines)
    workloads = FakeWorkloads(world.workload(world.MIDDLEWARE, 1))

    log = await read_poll_log(world.TARGET, fake_estate(cluster=cluster, workloads=workloads))

    assert log.is_cut
    assert log.since == datetime(2026, 1, 1, 10, tzinfo=UTC)


async def test_without_a_deployment_there_is_nothing_to_read() -> None:
    """Which is no error here."""
    assert await read_poll_log(world.TARGET, fake_estate()) == PollLog()
