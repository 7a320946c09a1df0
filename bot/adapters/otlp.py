"""Traces over OTLP and HTTP; imported only where tracing is configured, for the SDK costs memory and time."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import NonRecordingSpan, SpanContext, Status, StatusCode, TraceFlags

from bot.domain.redaction import Redactor

_EXPORT_SECONDS = 3.0
_EVERY_MILLISECONDS = 1000
_LONGEST = 256
"""Characters of an attribute: a trace is no place for a log."""


class OtlpTracer:
    """Fulfils Tracer. Span names, facts and what is told of exceptions pass the redaction gate.

    Ids are derived from the correlation id: a run that goes on after a restart goes on in its own trace.
    """

    def __init__(self, endpoint: str, redactor: Redactor, version: str) -> None:
        self._redactor = redactor
        exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=_EXPORT_SECONDS)
        self._processor = BatchSpanProcessor(
            exporter, schedule_delay_millis=_EVERY_MILLISECONDS, export_timeout_millis=_EXPORT_SECONDS * 1000
        )
        self._provider = TracerProvider(
            sampler=ALWAYS_ON,
            resource=Resource.create({"service.name": "sfint", "service.version": version}),
            id_generator=_Ids(),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(self._processor)
        self._tracer = self._provider.get_tracer("sfint", version)

    async def close(self) -> None:
        """Sends what is left; gives up where the collector does not answer in time."""
        await asyncio.to_thread(self._processor.force_flush, int(_EXPORT_SECONDS * 1000))
        await asyncio.to_thread(self._provider.shutdown)

    @contextlib.contextmanager
    def begin(self, name: str, correlation_id: str, **facts: str) -> Iterator[OtlpSpan]:
        """The first span of the trace; a request that is worked on anew after a restart begins it anew."""
        token = _wanted.set(_ids(correlation_id))
        try:
            span = self._tracer.start_span(self._clean(name), context=Context())
        finally:
            _wanted.reset(token)
        with self._under_way(span, correlation_id, facts) as told:
            yield told

    @contextlib.contextmanager
    def span(self, name: str, correlation_id: str = "", **facts: str) -> Iterator[OtlpSpan]:
        """A span under the one under way here, or under the first span of that correlation id."""
        context = None
        if correlation_id and not trace.get_current_span().get_span_context().is_valid:
            trace_id, span_id = _ids(correlation_id)
            first = SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
            context = trace.set_span_in_context(NonRecordingSpan(first))
        span = self._tracer.start_span(self._clean(name), context=context)
        with self._under_way(span, correlation_id, facts) as told:
            yield told

    @contextlib.contextmanager
    def _under_way(self, span: trace.Span, correlation_id: str, facts: Mapping[str, str]) -> Iterator[OtlpSpan]:
        told = OtlpSpan(span, self._redactor)
        correlation_id = correlation_id or _correlation_id.get()
        token = _correlation_id.set(correlation_id)
        told.tell(correlation_id=correlation_id, **facts)
        try:
            with trace.use_span(span, record_exception=False, set_status_on_exception=False):
                yield told
        except asyncio.CancelledError:
            span.set_status(Status(StatusCode.ERROR, "cut off"))
            raise
        except Exception as error:  # told, redacted, and raised again
            self._tell_exception(span, error)
            raise
        finally:
            _correlation_id.reset(token)
            span.end()

    def _tell_exception(self, span: trace.Span, error: Exception) -> None:
        """By hand: the SDK's own record holds the exception's text and trace as they are."""
        kind, words = type(error).__name__, self._clean(str(error))
        span.add_event("exception", {"exception.type": kind, "exception.message": words})
        span.set_status(Status(StatusCode.ERROR, f"{kind}: {words}"))

    def _clean(self, text: str) -> str:
        return self._redactor.text(text)[:_LONGEST]


class OtlpSpan:
    """Fulfils Span."""

    def __init__(self, span: trace.Span, redactor: Redactor) -> None:
        self._span = span
        self._redactor = redactor

    def tell(self, **facts: str) -> None:
        """Adds facts, each as `sfint.<name>`."""
        for name, value in facts.items():
            self._span.set_attribute(f"sfint.{name}", self._redactor.text(value)[:_LONGEST])


_wanted: ContextVar[tuple[int, int] | None] = ContextVar("ids_of_the_span_to_begin", default=None)
_correlation_id: ContextVar[str] = ContextVar("correlation_id_of_the_span_under_way", default="")


class _Ids(IdGenerator):
    """Random, but for the span that begins a trace."""

    def __init__(self) -> None:
        self._random = RandomIdGenerator()

    def generate_trace_id(self) -> int:
        wanted = _wanted.get()
        return wanted[0] if wanted else self._random.generate_trace_id()

    def generate_span_id(self) -> int:
        wanted = _wanted.get()
        return wanted[1] if wanted else self._random.generate_span_id()


def _ids(correlation_id: str) -> tuple[int, int]:
    digest = hashlib.sha256(correlation_id.encode()).digest()
    return int.from_bytes(digest[:16]), int.from_bytes(digest[16:24])
