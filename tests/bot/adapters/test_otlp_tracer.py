"""Traces as a collector gets them: what caused what, in one trace a correlation id, without a secret."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest

from bot.adapters.otlp import OtlpTracer
from bot.domain.errors import Unreachable
from bot.domain.redaction import Redactor
from lab.estate.otlp_collector import OtlpCollector, Traced

CANARY = "canary-Tr4ce&secret/value"


@pytest.fixture
async def collector() -> AsyncIterator[OtlpCollector]:
    opened = OtlpCollector()
    await opened.start()
    yield opened
    await opened.stop()


@pytest.fixture
async def tracer(collector: OtlpCollector) -> AsyncIterator[OtlpTracer]:
    opened = OtlpTracer(collector.url, Redactor([CANARY]), "1.2.3")
    yield opened
    await opened.close()


def named(spans: list[Traced]) -> dict[str, Traced]:
    return {span.name: span for span in spans}


async def test_what_happens_within_a_span_is_drawn_under_it(collector: OtlpCollector, tracer: OtlpTracer) -> None:
    """Tasks started inside belong to it too, and every span names the correlation id."""

    async def check(name: str) -> None:
        with tracer.span(f"check {name}", target="acme-prod") as span:
            await asyncio.sleep(0)
            span.tell(outcome="ok")

    with tracer.begin("command status", "command:1.2"):
        await asyncio.gather(check("a"), check("b"))

    spans = named(await collector.until(lambda spans: len(spans) == 3))
    root = spans["command status"]
    assert root.parent_id == ""
    assert {spans[name].parent_id for name in ("check a", "check b")} == {root.span_id}
    assert {span.trace_id for span in spans.values()} == {root.trace_id}
    assert {span.facts["sfint.correlation_id"] for span in spans.values()} == {"command:1.2"}
    assert spans["check a"].facts["sfint.outcome"] == "ok"


async def test_a_run_goes_on_in_its_trace_after_a_restart(collector: OtlpCollector, tracer: OtlpTracer) -> None:
    """Another process, which never saw the first span, still hangs its spans under it."""
    with tracer.begin("command restart-sentinel", "command:7"):
        pass
    later = OtlpTracer(collector.url, Redactor(), "1.2.4")
    with later.span("step statefulset.scale", "command:7"):
        pass
    await later.close()

    spans = named(await collector.until(lambda spans: len(spans) == 2))
    first, step = spans["command restart-sentinel"], spans["step statefulset.scale"]
    assert (step.trace_id, step.parent_id) == (first.trace_id, first.span_id)


async def test_two_requests_are_two_traces(collector: OtlpCollector, tracer: OtlpTracer) -> None:
    """Ids are not shared."""
    for number in range(2):
        with tracer.begin("command help", f"command:{number}"):
            pass

    spans = await collector.until(lambda spans: len(spans) == 2)
    assert len({span.trace_id for span in spans}) == 2


async def test_no_secret_reaches_a_collector(collector: OtlpCollector, tracer: OtlpTracer) -> None:
    """Not in a name, a fact, an exception, or the exception that caused it."""
    with tracer.begin(f"command {CANARY}", f"command:{CANARY}", reason=f"password={CANARY}") as span:
        span.tell(note=f"Authorization: Bearer {CANARY}")
        with pytest.raises(Unreachable), tracer.span(f"check {CANARY}"):
            raise Unreachable(f"could not reach https://user:{CANARY}@example.com") from ValueError(CANARY)

    spans = await collector.until(lambda spans: len(spans) == 2)
    assert not any(CANARY in span.everything for span in spans)
    broken = next(span for span in spans if span.name.startswith("check"))
    assert "Unreachable" in broken.problem
    assert "could not reach" in broken.everything


@pytest.mark.parametrize("is_silent", [True, False], ids=["silent collector", "no collector"])
async def test_a_collector_that_does_not_answer_delays_nobody(collector: OtlpCollector, is_silent: bool) -> None:
    """Neither the work nor the end."""
    collector.is_silent = True
    url = collector.url
    if not is_silent:
        await collector.stop()
    tracer = OtlpTracer(url, Redactor(), "1.2.3")
    for number in range(100):
        with tracer.begin("command help", f"command:{number}"):
            pass
    async with asyncio.timeout(60.0):
        await tracer.close()

    assert collector.spans == []


def test_tracing_is_not_imported_where_it_is_not_configured() -> None:
    """It costs memory and time, which only those pay who want it."""
    costly = ("opentelemetry.exporter", "opentelemetry.sdk.trace")
    words = f"import sys, bot.app; print([name for name in sys.modules if name.startswith({costly})])"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
