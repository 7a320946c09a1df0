"""Where the long polls are read: the logs, and Datadog's spans where those do not reach back."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from bot.adapters.clock import SystemClock
from bot.adapters.datadog import DatadogApi, DatadogTraces
from bot.domain.datadog import Datadog
from bot.domain.errors import AccessDenied, NotFound, SfintError
from bot.domain.long_poll import LongPoll
from bot.domain.long_poll_verdict import PollVerdict, judge
from bot.ports.estate import Estate
from bot.readings.long_polls import PollReading, read_long_polls
from lab.estate.datadog import DatadogStandIn
from tests.bot.checks import check_world as world
from tests.fakes.estate import FakeCluster, FakeWorkloads, fake_estate

_POD = world.middleware_pod()
_TARGET = replace(world.TARGET, datadog=Datadog())
_RULES = LongPoll()
_numbers = itertools.count(1)


@dataclass
class Sources:
    """A log and a Datadog, both as the test fills them."""

    datadog: DatadogStandIn
    traces: DatadogTraces
    cluster: FakeCluster = field(default_factory=lambda: FakeCluster({_TARGET.namespace: [_POD]}))

    def logged(self, *ages: float, words: str = "Not content events") -> None:
        """Lines so many seconds ago."""
        now = datetime.now(UTC)
        times = [f"{now - timedelta(seconds=age):%Y-%m-%dT%H:%M:%SZ}" for age in ages]
        lines = [f'{{"msg":"{words}","time":"{at}","userID":"{n}"}}' for n, at in enumerate(times)]
        self.cluster.log[_POD.name, _TARGET.middleware.container, False] = "\n".join(lines)

    async def traced(self, status: int, chats: int, *, ago: float = 30.0, seconds: float = 1.0) -> None:
        """One poll of each of so many chats."""
        spans = [_span(status, f"{status}-{chat}", ago, seconds) for chat in range(chats)]
        async with httpx.AsyncClient() as client:
            body = json.dumps([spans]).encode()
            headers = {"Content-Type": "application/json"}
            (await client.put(f"{self.datadog.url}/v0.4/traces", content=body, headers=headers)).raise_for_status()

    @property
    def estate(self) -> Estate:
        """As the check gets it."""
        workloads = FakeWorkloads(world.workload(world.MIDDLEWARE, 1))
        made = fake_estate(cluster=self.cluster, workloads=workloads)
        return replace(made, clock=SystemClock(), traces=self.traces)

    async def read(self) -> tuple[PollReading, ...]:
        """Both, or what is left of them."""
        return await read_long_polls(_TARGET, self.estate)


def _span(status: int, user: str, ago: float, seconds: float) -> dict[str, object]:
    number = next(_numbers)
    return {
        "service": "salesforce-integration",
        "name": "interconnection.handleLongPolling",
        "resource": "GET /chat/rest/System/Messages",
        "type": "custom",
        "trace_id": number,
        "span_id": number,
        "parent_id": 0,
        "start": int((time.time() - ago) * 1e9),
        "duration": int(seconds * 1e9),
        "error": int(status == 403),
        "meta": {"http.status_code": str(status), "userID": user},
        "metrics": {},
    }


@pytest.fixture
async def sources() -> AsyncIterator[Sources]:
    """Nothing is logged, nothing is traced."""
    async with AsyncExitStack() as stack:
        datadog = await stack.enter_async_context(DatadogStandIn())
        api = DatadogApi(
            url=datadog.url,
            api_key=datadog.api_key,
            application_key=datadog.application_key,
            clock=SystemClock(),
        )
        stack.push_async_callback(api.aclose)
        yield Sources(datadog, DatadogTraces(api, service="salesforce-integration"))


def verdict(reading: PollReading) -> PollVerdict:
    """What it comes to."""
    return judge(reading.figures, _RULES).verdict


async def test_a_log_of_the_whole_window_costs_no_request_of_datadogs_hour(sources: Sources) -> None:
    """It knows more, and for nothing."""
    sources.logged(899, 1)

    (read,) = await sources.read()

    assert read.source == "read: the logs of 1 pod, for the last 15 min"
    assert not sources.datadog.requests


async def test_where_the_log_begins_too_late_datadog_is_asked_as_well(sources: Sources) -> None:
    """And each says how much it covers."""
    sources.logged(300, 1)
    await sources.traced(403, 6)
    await sources.traced(204, 3)

    from_log, from_spans = await sources.read()

    assert "only 5 min of 15 min: older lines are gone, or the pod is new" in from_log.source
    assert from_spans.source == "read: Datadog's spans, for the last 15 min"
    assert (verdict(from_log), verdict(from_spans)) == (PollVerdict.OK, PollVerdict.FORBIDDEN)
    assert (from_spans.figures.sessions, from_spans.figures.forbidden_sessions) == (9, 6)


async def test_after_a_start_of_the_middleware_datadogs_403s_may_all_be_its_own(sources: Sources) -> None:
    """A redeploy ends every chat: that is no reason to call Salesforce."""
    started = datetime.now(UTC) - timedelta(seconds=300)
    sources.cluster.contents[_TARGET.namespace] = [replace(_POD, created_at=started)]
    sources.logged(299, 1)
    await sources.traced(403, 6, ago=298)

    from_spans = (await sources.read())[-1]

    assert verdict(from_spans) is PollVerdict.FORBIDDEN_FEW
    assert from_spans.source.endswith("in which the middleware was started")


@pytest.mark.parametrize(
    ("status", "lasting"),
    [(503, PollVerdict.UNAVAILABLE), (500, PollVerdict.SERVER_ERROR), (404, PollVerdict.GONE)],
)
async def test_the_same_error_to_all_spans_of_five_minutes_is_an_outage(
    sources: Sources, status: int, lasting: PollVerdict
) -> None:
    """What came before does not matter, one other answer does."""
    sources.logged(1)
    await sources.traced(204, 20, ago=600)
    await sources.traced(status, 12)

    assert verdict((await sources.read())[-1]) is lasting


async def test_one_good_span_among_the_errors_is_no_outage(sources: Sources) -> None:
    """503 then concerns single chats."""
    sources.logged(1)
    await sources.traced(503, 12)
    await sources.traced(204, 1)

    assert verdict((await sources.read())[-1]) is PollVerdict.UNAVAILABLE_FEW


async def test_slow_spans_are_counted_by_chat(sources: Sources) -> None:
    """Longer than 45 s, the runbook's bound."""
    sources.logged(1)
    await sources.traced(204, 3, ago=100, seconds=50)
    await sources.traced(200, 3)

    found = (await sources.read())[-1].figures

    assert (found.slow, round(found.slowest_seconds)) == (3, 50)


async def test_logs_that_cannot_be_read_leave_datadog_and_its_source_says_so(sources: Sources) -> None:
    """Without Datadog it is told that the logs could not be read."""
    sources.cluster.log_problem = AccessDenied("the role lacks pods/log")
    await sources.traced(403, 6)

    (read,) = await sources.read()

    assert verdict(read) is PollVerdict.FORBIDDEN
    assert read.source.endswith("the logs could not be read: the role lacks pods/log")
    with pytest.raises(AccessDenied):
        await read_long_polls(world.TARGET, sources.estate)


async def test_a_datadog_that_refuses_leaves_the_logs_and_is_named(sources: Sources) -> None:
    """A wrong key, a spent hour."""
    sources.logged(300, 1)
    sources.datadog.may_read = False

    (read,) = await sources.read()

    assert "only 5 min" in read.source
    assert "Datadog could not be asked" in read.source


async def test_with_neither_there_is_nothing_to_tell(sources: Sources) -> None:
    """Unknown, never ok; and without a pod nobody polls."""
    sources.cluster.log_problem = AccessDenied("the role lacks pods/log")
    sources.datadog.may_read = False
    with pytest.raises(SfintError):
        await sources.read()
    sources.cluster.log_problem = None
    sources.cluster.contents[_TARGET.namespace] = []
    with pytest.raises(NotFound, match="nobody polls"):
        await sources.read()
