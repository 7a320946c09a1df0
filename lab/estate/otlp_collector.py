"""A trace collector: takes OTLP over HTTP in protobuf, as the protocol says, and keeps the spans to be read."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass(frozen=True, slots=True)
class Traced:
    """One span as it arrived; `everything` is all of its text."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    facts: dict[str, str]
    problem: str
    everything: str


class OtlpCollector:
    """Use `start` and `stop`. `url` is what the bot's `tracing.otlp_endpoint` names."""

    def __init__(self) -> None:
        self.spans: list[Traced] = []
        self.is_silent = False
        """True: takes the request and never answers."""
        self._news = asyncio.Condition()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self._runner is not None
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def start(self) -> None:
        """Listens on a free loopback port."""
        app = web.Application()
        app.router.add_post("/v1/traces", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()

    async def stop(self) -> None:
        """Stops listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def until(self, predicate: Callable[[list[Traced]], bool], seconds: float = 20.0) -> list[Traced]:
        """All spans, once they fulfil it; TimeoutError after that time."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(lambda: predicate(self.spans))
            return list(self.spans)

    async def _take(self, request: web.Request) -> web.Response:
        if request.content_type != "application/x-protobuf":
            return web.Response(status=415)
        body = await request.read()
        if request.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        if self.is_silent:
            await asyncio.Event().wait()
        sent = ExportTraceServiceRequest.FromString(body)
        spans = [span for each in sent.resource_spans for scope in each.scope_spans for span in scope.spans]
        async with self._news:
            self.spans += [_traced(span) for span in spans]
            self._news.notify_all()
        return web.Response(
            body=ExportTraceServiceResponse().SerializeToString(), content_type="application/x-protobuf"
        )


def _traced(span: Span) -> Traced:
    return Traced(
        name=span.name,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        facts={each.key: each.value.string_value for each in span.attributes},
        problem=span.status.message,
        everything=str(span),
    )
