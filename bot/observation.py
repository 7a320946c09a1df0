"""Builds what counts and traces, from the settings, and hangs it on the parts; a part of the composition root."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from importlib.metadata import version

from bot.adapters.durable.engine import DurableEngine
from bot.adapters.health import Metrics, Probe, problem_of
from bot.adapters.observed_books import ObservedInbox, ObservedLedger, ObservedPages, ObservedRuns
from bot.adapters.prometheus import CONTENT_TYPE, PrometheusMeter, Sampled
from bot.adapters.store.store import Store
from bot.domain.redaction import Redactor
from bot.ports.clock import Clock
from bot.ports.ledger import Ledger
from bot.ports.telemetry import SilentTracer, Telemetry, Tracer
from bot.remediations.registry import collect as collect_remediations
from bot.settings import Settings
from bot.usecases.verify_audit import verify_audit

_VERIFY_EVERY_SECONDS = 3600.0


class Observation:
    """The meter and the tracer, and what each part is given of them."""

    def __init__(self, meter: PrometheusMeter, tracer: Tracer, clock: Clock) -> None:
        self.meter = meter
        self.telemetry = Telemetry(meter, tracer)
        self.metrics = Metrics(meter.exposition, CONTENT_TYPE)
        self._clock = clock

    def books(self, store: Store) -> tuple[ObservedInbox, ObservedRuns, ObservedPages, ObservedLedger]:
        """The books of the store, with what is written counted; its queues are looked at when scraped."""
        self._watch_store(store)
        return (
            ObservedInbox(store.inbox, self.meter),
            ObservedRuns(store.runs, self.meter),
            ObservedPages(store.pages, self.meter, self._clock),
            ObservedLedger(store.ledger, self.meter),
        )

    def watch_readiness(self, probes: Mapping[str, Probe]) -> None:
        """What /readyz says, as figures."""

        async def is_ready() -> float:
            return float(not any([await problem_of(probe) for probe in probes.values()]))

        async def is_connected() -> float:
            return float(not await problem_of(probes["slack"]))

        self.meter.sample(Sampled.READY, is_ready)
        self.meter.sample(Sampled.SLACK_CONNECTED, is_connected)

    def watch_engine(self, engine: DurableEngine) -> None:
        """Runs that nobody takes up."""

        async def stranded() -> float:
            return await engine.stranded()

        self.meter.sample(Sampled.RUNS_STRANDED, stranded)

    async def walk_the_audit_chain(self, ledger: Ledger) -> None:
        """Runs until cancelled: one walk at the start and one an hour; an alert stands on what it finds."""
        while True:
            verdict = await verify_audit(ledger)

            async def is_intact(intact: bool = verdict.ok) -> float:
                return float(intact)

            self.meter.sample(Sampled.AUDIT_INTACT, is_intact)
            await self._clock.sleep(_VERIFY_EVERY_SECONDS)

    def _watch_store(self, store: Store) -> None:
        async def unsent() -> float:
            return await store.outbox.lag()

        async def oldest() -> float:
            since = await store.outbox.oldest_unsent()
            return 0.0 if since is None else max((self._clock.now() - since).total_seconds(), 0.0)

        async def backlog() -> float:
            return await store.inbox.backlog()

        async def unfinished() -> float:
            return len(await store.runs.unfinished())

        self.meter.sample(Sampled.OUTBOX_UNSENT, unsent)
        self.meter.sample(Sampled.OUTBOX_AGE, oldest)
        self.meter.sample(Sampled.INBOX_PENDING, backlog)
        self.meter.sample(Sampled.RUNS_OPEN, unfinished)


def open_observation(settings: Settings, redactor: Redactor, clock: Clock, stack: AsyncExitStack) -> Observation:
    """What is left of the traces is sent when the stack is closed."""
    release = version("sfint")
    return Observation(PrometheusMeter(release, collect_remediations()), _tracer(settings, redactor, stack), clock)


def _tracer(settings: Settings, redactor: Redactor, stack: AsyncExitStack) -> Tracer:
    endpoint = settings.tracing.otlp_endpoint
    if not endpoint:
        return SilentTracer()
    from bot.adapters.otlp import OtlpTracer  # the SDK is imported only where it is used

    tracer = OtlpTracer(endpoint, redactor, version("sfint"))
    stack.push_async_callback(tracer.close)
    return tracer
