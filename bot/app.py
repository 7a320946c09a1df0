"""The composition root: the only place that names concrete classes, starts them and stops them in order."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import stamina
import structlog

from bot.adapters.clock import SystemClock
from bot.adapters.durable.engine import DurableEngine
from bot.adapters.durable.run_plan import Observer
from bot.adapters.durable.single_process import AlreadyRunning, hold_alone
from bot.adapters.health import HealthServer, Probe
from bot.adapters.observed_script import ObservedScript
from bot.adapters.slack import OverHttp, OverSocket, Slack, build_slack
from bot.adapters.slack_attachments import SlackAttachments
from bot.adapters.slack_chat import SlackChat
from bot.adapters.slack_count import count_slack_errors
from bot.adapters.slack_directory import SlackDirectory
from bot.adapters.slack_sender import SlackSender
from bot.adapters.store.store import Retention, Store, open_store
from bot.checks.registry import collect as collect_checks
from bot.domain.errors import AccessDenied, RateLimited, Unreachable
from bot.domain.notice import Notice
from bot.domain.redaction import Redactor
from bot.estates import open_estates
from bot.observation import Observation, open_observation
from bot.pagers import open_pager
from bot.ports.clock import Clock
from bot.ports.ledger import Ledger
from bot.ports.pages import PageBook
from bot.ports.runs import RunBook
from bot.remediations.registry import collect as collect_remediations
from bot.runbook.loader import Runbook, load_runbook
from bot.runbook.matcher import Matcher
from bot.settings import Settings, SlackSettings
from bot.steps.registry import collect as collect_steps
from bot.usecases.deliver_pages import DeliverPages
from bot.usecases.desk import Desk
from bot.usecases.help_at_once import HelpAtOnce
from bot.usecases.keep_loops import Loops
from bot.usecases.observe import observe_checks, observe_help, observe_remediations
from bot.usecases.publish_audit_head import publish_audit_heads
from bot.usecases.receive import Receive
from bot.usecases.run_script import RepairScript
from bot.usecases.take_up_runs import watch_over_runs
from bot.usecases.work_inbox import WorkInbox
from bot.views.mentions import Mentions
from handlers import register

__all__ = ["AlreadyRunning", "run_bot"]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Usecases:
    """What the listeners are given."""

    receive: Receive
    help_at_once: Callable[[str, str, str], Notice | None]


@dataclass(frozen=True)
class Ground:
    """What stands before Slack is reached, and everything else is built on."""

    settings: Settings
    redactor: Redactor
    observe: Observer
    observation: Observation
    clock: Clock
    store: Store
    stop: asyncio.Event
    stack: contextlib.AsyncExitStack


def log_step(run_id: str, step: str, moment: str) -> None:
    """Follows every recorded step of a run in the log."""
    _log.debug("run step", correlation_id=run_id, step=step, moment=moment)


async def run_bot(settings: Settings, redactor: Redactor, *, observe: Observer = log_step) -> None:
    """Runs until SIGTERM or SIGINT. Raises AlreadyRunning, and what the settings cannot be started with."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with contextlib.closing(hold_alone(settings.store.directory / "runs.db.lock")):
        async with _started(settings, redactor, observe, stop):
            await stop.wait()
            _log.info("stopping")


@contextlib.asynccontextmanager
async def _started(
    settings: Settings, redactor: Redactor, observe: Observer, stop: asyncio.Event
) -> AsyncIterator[None]:
    """Everything up, in the order in which each part needs the one before; down again in reverse."""
    clock = SystemClock()
    async with contextlib.AsyncExitStack() as stack:
        keys = [key.get_secret_value() for key in settings.store.inbox_keys]
        store = await open_store(f"sqlite:///{settings.store.directory / 'sfint.db'}", keys, redactor, clock)
        stack.push_async_callback(store.close)
        observation = open_observation(settings, redactor, clock, stack)
        connection = _SlackProbe(settings.slack.mode)
        probes: dict[str, Probe] = {"slack": connection, "store": _store_probe(store), "stop": _stop_probe(stop)}
        observation.watch_readiness(probes)
        health = HealthServer(settings.health.host, settings.health.port, probes, observation.metrics)
        port = await health.start()
        stack.push_async_callback(health.stop)
        _log.info("health", port=port)
        slack = await _slack(settings, stop)
        if slack is None:
            yield
            return
        stack.push_async_callback(slack.close)
        count_slack_errors(slack.web, observation.meter.slack_failed)
        sender = SlackSender(slack.web, store.outbox)
        await sender.start()
        stack.push_async_callback(sender.stop)
        ground = Ground(settings, redactor, observe, observation, clock, store, stop, stack)
        await _open_for_work(ground, slack, sender)
        connection.slack = slack
        _log.info("ready", targets=sorted(settings.targets))
        yield


async def _open_for_work(ground: Ground, slack: Slack, sender: SlackSender) -> None:
    settings, stack, telemetry = ground.settings, ground.stack, ground.observation.telemetry
    runbook = load_runbook()
    pages = DeliverPages(open_pager(settings, runbook, ground.redactor, ground.clock, stack))
    inbox, runs, page_book, ledger = ground.observation.books(ground.store)
    worker = WorkInbox(inbox, telemetry)
    desk = await _desk(ground, slack, sender, runbook, (runs, page_book, ledger), pages.wake)
    engine = await _engine(ground, desk)
    loops = Loops(ground.stop)
    stack.push_async_callback(loops.cancel)
    loops.keep("pager", lambda: pages.run(desk))
    loops.keep("inbox", lambda: worker.run(desk, engine))
    loops.keep("runs", lambda: watch_over_runs(desk, engine))
    loops.keep("retention", lambda: _prune(ground.store, engine, ground.clock, settings))
    loops.keep("audit walk", lambda: ground.observation.walk_the_audit_chain(ground.store.ledger))
    if channel := settings.slack.audit_channel:
        every = settings.slack.audit_every_seconds
        loops.keep("audit", lambda: publish_audit_heads(desk, channel, every))
    help_at_once = HelpAtOnce(desk.directory, desk.roles, desk.home_team)
    register(slack.app, Usecases(Receive(inbox, worker.wake), observe_help(help_at_once, telemetry)))
    await slack.entrance.start()
    stack.push_async_callback(slack.entrance.stop)


async def _desk(
    ground: Ground,
    slack: Slack,
    sender: SlackSender,
    runbook: Runbook,
    books: tuple[RunBook, PageBook, Ledger],
    wake_pager: Callable[[], None],
) -> Desk:
    settings, telemetry, (runs, pages, ledger) = ground.settings, ground.observation.telemetry, books
    groups = {team: way.slack_group for team, way in settings.teams.items() if way.slack_group}
    leaders = {team: way.leader for team, way in settings.teams.items() if way.leader}
    contacts = {team: way.contacts for team, way in settings.teams.items() if way.contacts}
    return Desk(
        targets={name: settings.target(name) for name in settings.targets},
        default_targets={channel: name for name, each in settings.targets.items() for channel in each.default_in},
        estates=await open_estates(settings, ground.store.logins, ground.clock, ground.stack),
        roles=settings.roles(),
        home_team=slack.team_id,
        runbook=runbook,
        matcher=Matcher(runbook.entries),
        attachments=SlackAttachments(slack.web),
        checks=observe_checks(collect_checks(), telemetry),
        remediations=observe_remediations(collect_remediations(), telemetry),
        steps=collect_steps(),
        chat=SlackChat(ground.store.outbox, ground.redactor, Mentions(groups, leaders, contacts), sender.wake),
        directory=SlackDirectory(slack.web, slack.team_id),
        ledger=ledger,
        pages=pages,
        runs=runs,
        freezer=ground.store.freezer,
        lookups=ground.store.lookups,
        clock=ground.clock,
        wake_pager=wake_pager,
    )


async def _engine(ground: Ground, desk: Desk) -> DurableEngine:
    script = ObservedScript(RepairScript(desk), ground.observation.telemetry)
    database = ground.settings.store.directory / "runs.db"
    engine = DurableEngine(database, script, ground.clock, ground.redactor, observe=ground.observe)
    await engine.open()
    ground.stack.push_async_callback(engine.close)
    ground.observation.watch_engine(engine)
    return engine


class _SlackProbe:
    """What /readyz asks about Slack; it is there only when everything else is."""

    _closed: Mapping[str, str] = {"socket": "no socket is open", "http": "not listening for signed requests"}

    def __init__(self, mode: str) -> None:
        self.slack: Slack | None = None
        self._mode = mode

    async def __call__(self) -> str:
        if self.slack is None:
            return "not started yet"
        return "" if self.slack.entrance.is_connected else self._closed[self._mode]


def _stop_probe(stop: asyncio.Event) -> Probe:
    async def words() -> str:
        return "stopping" if stop.is_set() else ""

    return words


def _store_probe(store: Store) -> Probe:
    async def ping() -> str:
        await store.ping()
        return ""

    return ping


async def _slack(settings: Settings, stop: asyncio.Event) -> Slack | None:
    """Tries for as long as Slack cannot be reached; None when asked to stop meanwhile.

    Raises AccessDenied for tokens that Slack refuses, or that belong to another workspace than configured.
    """
    building = asyncio.create_task(_build_slack(settings))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({building, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not building.done():
        building.cancel()
        return None
    slack = building.result()
    if slack.team_id != settings.slack.team_id:
        await slack.close()
        raise AccessDenied(
            f"slack.team_id is {settings.slack.team_id}, but the token belongs to workspace {slack.team_id}"
        )
    return slack


async def _build_slack(settings: Settings) -> Slack:
    async for attempt in stamina.retry_context(
        on=(Unreachable, RateLimited), attempts=None, timeout=None, wait_initial=0.5, wait_max=15.0
    ):
        with attempt:
            return await build_slack(
                bot_token=settings.slack.bot_token.get_secret_value(),
                way=_way_in(settings.slack),
                api_url=settings.slack.api_url,
            )
    raise AssertionError("stamina either returns or raises")


def _way_in(slack: SlackSettings) -> OverSocket | OverHttp:
    if slack.mode == "socket":
        return OverSocket(slack.app_token.get_secret_value())
    http = slack.http
    return OverHttp(slack.signing_secret.get_secret_value(), http.host, http.port, http.path)


async def _prune(store: Store, engine: DurableEngine, clock: Clock, settings: Settings) -> None:
    keep = settings.store.keep
    retention = Retention(
        inbox=timedelta(days=keep.inbox_days),
        outbox=timedelta(days=keep.outbox_days),
        pages=timedelta(days=keep.pages_days),
        runs=timedelta(days=keep.runs_days),
        logins=timedelta(days=keep.logins_days),
    )
    while True:
        rows = await store.prune(retention)
        runs = await engine.prune((clock.now() - retention.runs).isoformat())
        _log.info("pruned", rows=rows, runs=runs)
        await clock.sleep(keep.prune_every_seconds)
