"""What the click was allowed is judged again before anything is changed: people, place, freeze, diagnosis."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.adapters.store.store import Store
from bot.domain.actor import Actor, Place, Role, Roles
from bot.domain.approval import Choice, Decision, may_ask
from bot.domain.content import Content
from bot.domain.errors import Unreachable
from bot.domain.remediation import Binding, NoPlan, Plan, StepCall
from bot.domain.run import RunRequest, StepLine, StepState
from bot.domain.target import Mode, Target
from bot.ports.chat import Where
from bot.ports.estate import Estate
from bot.ports.freeze import FreezeState
from bot.ports.step import StepContext
from bot.remediations.registry import Remediation, at_once
from bot.runbook.loader import load_runbook
from bot.runbook.matcher import Matcher
from bot.usecases.desk import Desk
from bot.usecases.run_script import RepairScript
from tests.fakes.desk import NoFiles
from tests.fakes.estate import FakeClock, fake_estate

HOME, CHANNEL, RITA, ARNO = "T0ACME0001", "C0INCSF001", "U0RITA001", "U0ARNO001"
TARGET = Target("acme-prod", "integrations", frozenset({CHANNEL}), mode=Mode.ACT)
ROLES = Roles({Role.REQUESTER: frozenset({RITA}), Role.APPROVER: frozenset({ARNO})})
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
WORKLOAD = "statefulset/integrations/redis-sentinel-node"
PLAN = Plan(
    binding=Binding("restart", TARGET.name, WORKLOAD, "uid", "hash", "no-master", "recreate", 3, False),
    title="Restart",
    entry="redis-failure",
    why=(),
    risks=(),
    restores="3 replicas",
    facts=(),
    steps=(StepCall("statefulset.scale", "down", {}), StepCall("statefulset.scale", "up", {})),
)
REQUEST = RunRequest("run-1", PLAN, RITA, HOME, CHANNEL, BEGUN, BEGUN + timedelta(minutes=15))
DECISION = Decision("run-1", Choice.APPROVE, PLAN.hash, ARNO, HOME, BEGUN + timedelta(seconds=5))


class Quiet:
    """A chat that nobody reads."""

    async def show(self, key: str, where: Where, content: Content) -> None:
        """Said to nobody."""

    async def whisper(
        self, key: str, where: Where, user_id: str, content: Content, *, response_url: str = ""
    ) -> None:
        """Said to nobody."""

    async def attach(self, key: str, where: Where, filename: str, title: str, text: str) -> None:
        """Said to nobody."""


@dataclass
class People:
    """A directory in which everybody is a full member of the home team and the channel is ours, unless set."""

    guests: set[str] = field(default_factory=set)
    channel: Place = field(default_factory=lambda: Place(CHANNEL))
    is_silent: bool = False

    async def actor(self, user_id: str, team_id: str) -> Actor:
        """As set."""
        if self.is_silent:
            raise Unreachable("Slack could not be reached")
        return Actor(user_id, team_id, is_guest=user_id in self.guests)

    async def place(self, channel_id: str) -> Place:
        """As set."""
        return replace(self.channel, channel_id=channel_id)

    def known_actor(self, user_id: str) -> Actor | None:
        """Remembers nobody."""
        return None

    def known_place(self, channel_id: str) -> Place | None:
        """Remembers nothing."""
        return None


class Scale:
    """The step that changes the world; says how often it did."""

    id = "statefulset.scale"

    def __init__(self) -> None:
        self.times = 0

    async def is_done(self, context: StepContext) -> bool:
        """Never yet."""
        return False

    async def run(self, context: StepContext) -> str:
        """Counts."""
        self.times += 1
        return "scaled"


@dataclass
class World:
    """The script of one approved run, and what a test turns."""

    script: RepairScript
    desk: Desk
    clock: FakeClock
    people: People
    scale: Scale
    healed: list[NoPlan]

    async def perform(self, index: int = 0) -> StepLine:
        """One step of the run that began at BEGUN."""
        return await self.script.perform(REQUEST, index, (), BEGUN, compensating=False)


@pytest.fixture
async def world(store: Store) -> World:
    """Approved and authorized a moment ago."""
    clock, people, scale, healed = FakeClock(), People(), Scale(), list[NoPlan]()

    async def planner(target: Target, estate: Estate) -> Plan | NoPlan:
        return healed[0] if healed else PLAN

    desk = Desk(
        targets={TARGET.name: TARGET},
        default_targets={},
        estates={TARGET.name: fake_estate()},
        roles=ROLES,
        home_team=HOME,
        runbook=load_runbook(),
        matcher=Matcher(()),
        checks=(),
        remediations={"restart": Remediation("restart", planner, at_once)},
        steps={scale.id: scale},
        chat=Quiet(),
        directory=people,
        attachments=NoFiles(),
        ledger=store.ledger,
        pages=store.pages,
        runs=store.runs,
        freezer=store.freezer,
        lookups=store.lookups,
        clock=clock,
        wake_pager=lambda: None,
    )
    await store.runs.open(REQUEST)
    await store.runs.decide(DECISION)
    return World(RepairScript(desk), desk, clock, people, scale, healed)


async def test_the_run_is_authorized_while_everybody_still_may(world: World) -> None:
    """The control: nothing has changed since the click."""
    assert (await world.script.authorize(REQUEST, DECISION)).yes


@pytest.mark.parametrize("who", [RITA, ARNO])
async def test_whoever_was_deactivated_or_made_a_guest_since_the_click_authorizes_nothing(
    world: World, who: str
) -> None:
    """The configuration still names them; Slack does not know them as full members any more."""
    world.people.guests.add(who)

    allowed = await world.script.authorize(REQUEST, DECISION)

    assert (allowed.yes, "guests" in allowed.reason, who in allowed.reason) == (False, True, True)


@pytest.mark.parametrize(
    "place", [Place(CHANNEL, is_externally_shared=True), Place(CHANNEL, is_joined=False)], ids=["shared", "left"]
)
async def test_a_channel_shared_or_left_since_the_click_authorizes_nothing(world: World, place: Place) -> None:
    """Strangers may read it now, or it cannot be seen who does."""
    world.people.channel = place

    assert not (await world.script.authorize(REQUEST, DECISION)).yes


async def test_a_directory_that_does_not_answer_authorizes_nothing(world: World) -> None:
    """Unknown is not allowed, and the reason says why."""
    world.people.is_silent = True

    allowed = await world.script.authorize(REQUEST, DECISION)

    assert (allowed.yes, "Slack could not be reached" in allowed.reason) == (False, True)


async def test_a_freeze_after_the_authorization_still_stops_the_first_change(world: World) -> None:
    """Between the judgement and the first change data are saved and evidence is kept: time to shout."""
    await world.desk.freezer.set(FreezeState(True, ARNO, "deploy"))

    line = await world.perform()

    assert (line.state, world.scale.times) == (StepState.FAILED, 0)
    assert "frozen" in line.note


async def test_a_freeze_does_not_keep_a_repair_from_ending(world: World) -> None:
    """What was taken down must come up again, whoever shouts."""
    await world.desk.freezer.set(FreezeState(True, ARNO, "deploy"))

    line = await world.perform(index=1)

    assert (line.state, world.scale.times) == (StepState.DONE, 1)


async def test_a_run_resumed_after_hours_is_judged_by_what_is_seen_then(world: World) -> None:
    """The bot was down after the authorization; meanwhile Redis has healed, and the old approval means nothing."""
    world.healed.append(NoPlan("restart", TARGET.name, "healthy", "nothing to repair"))
    world.clock.seconds = 3 * 3600.0

    line = await world.perform()

    assert (line.state, world.scale.times) == (StepState.FAILED, 0)
    assert "nothing to repair" in line.note


async def test_a_run_resumed_after_hours_goes_on_where_nothing_has_changed(world: World) -> None:
    """The judgement is made anew, with the decision from the books."""
    world.clock.seconds = 3 * 3600.0

    assert (await world.perform()).state is StepState.DONE


def test_nobody_may_ask_in_a_channel_that_cannot_be_seen() -> None:
    """Where Slack does not show the channel nobody knows whether it is shared: a click there is refused."""
    allowed = may_ask(Actor(ARNO, HOME), Place(CHANNEL, is_joined=False), TARGET, Role.APPROVER, ROLES, HOME)

    assert not allowed.yes
