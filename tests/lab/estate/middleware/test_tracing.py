"""The middleware's tracing: what arrives, and that nobody waits for an agent that is away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from lab.estate.datadog import DatadogStandIn
from lab.estate.datadog.events import Event
from lab.estate.faults import Fault
from lab.estate.middleware.trace import Tracer


@pytest_asyncio.fixture
async def datadog() -> AsyncIterator[DatadogStandIn]:
    """An agent that takes everything."""
    async with DatadogStandIn() as opened:
        yield opened


def started(url: str, key: str = "") -> Tracer:
    """A tracer that sends there."""
    tracer = Tracer()
    tracer.start({"DD_TRACE_AGENT_URL": url, "DD_API_KEY": key, "DD_SERVICE": "mw", "DD_ENV": "lab"})
    return tracer


async def arrived(datadog: DatadogStandIn, spans: int) -> list[Event]:
    """That many spans."""
    for _ in range(100):
        if len(datadog.spans) >= spans:
            return list(datadog.spans.between(0, time.time() + 60))
        await asyncio.sleep(0.05)
    raise TimeoutError(f"only {len(datadog.spans)} spans came")


async def test_spans_arrive_with_their_parents_and_errors(datadog: DatadogStandIn) -> None:
    """A child belongs to the span around it; a failure marks both, and goes on."""
    tracer = started(datadog.url)

    def fail() -> None:
        with tracer.span("outer", "POST /x") as outer:
            outer.tag(http__status_code=500)
            with tracer.span("inner", "GET /y"):
                raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    inner, outer_ = sorted(await arrived(datadog, 2), key=lambda event: event.reserved["operation_name"])

    assert inner.reserved["parent_id"] == outer_.reserved["span_id"]
    assert inner.reserved["trace_id"] == outer_.reserved["trace_id"]
    assert inner.reserved["status"] == outer_.reserved["status"] == "error"
    assert (outer_.reserved["service"], outer_.reserved["env"]) == ("mw", "lab")
    assert outer_.values("@http.status_code") == ["500"]
    assert inner.values("@error.message") == ["no"]


async def test_a_root_begins_a_trace_of_its_own(datadog: DatadogStandIn) -> None:
    """As a poll does that was started by a request."""
    tracer = started(datadog.url)
    with tracer.span("request", "r"), tracer.span("poll", "p", is_root=True):
        pass

    first, second = await arrived(datadog, 2)

    assert first.reserved["trace_id"] != second.reserved["trace_id"]


async def test_log_lines_arrive(datadog: DatadogStandIn) -> None:
    """By the log intake, with the key."""
    started(datadog.url, datadog.api_key).log('{"severity":"error","msg":"StatusForbidden"}')
    for _ in range(100):
        if len(datadog.logs):
            break
        await asyncio.sleep(0.05)

    (line,) = datadog.logs.between(0, time.time() + 60)
    assert (line.message, line.reserved["status"]) == ("StatusForbidden", "error")


@pytest.mark.parametrize("trouble", ["silent", "dropped", "away", "nowhere"])
async def test_nobody_waits_for_an_agent_that_is_away(datadog: DatadogStandIn, trouble: str) -> None:
    """Ten thousand spans are as quick as without one; what does not fit is dropped."""
    url = datadog.url
    if trouble == "away":
        await datadog.stop()
    elif trouble == "nowhere":
        url = "no address"
    else:
        datadog.faults.add(Fault.silent() if trouble == "silent" else Fault.dropped())
    tracer = started(url)
    began = time.perf_counter()

    for _ in range(10_000):
        with tracer.span("get_token", "POST /services/oauth2/token"):
            pass

    assert time.perf_counter() - began < 2.0


async def test_it_sends_again_when_the_agent_is_back(datadog: DatadogStandIn) -> None:
    """The thread outlives the trouble."""
    trouble = datadog.faults.add(Fault.dropped())
    tracer = started(datadog.url)
    with tracer.span("lost", "r"):
        pass
    for _ in range(100):
        if datadog.requests:
            break
        await asyncio.sleep(0.05)
    datadog.faults.remove(trouble)
    with tracer.span("found", "r"):
        pass

    assert (await arrived(datadog, 1))[0].reserved["operation_name"] == "found"


def test_without_an_agent_nothing_is_kept() -> None:
    """Spans are drawn and forgotten."""
    tracer = Tracer()

    with tracer.span("x", "y") as span:
        span.tag(a=1)

    assert tracer._queue.empty()
