"""Approvals: one run, one decision, and a refusal with its reason for everybody who may not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.adapters.clock import SystemClock
from bot.adapters.store.store import open_store
from bot.domain.approval import Choice, Decision
from bot.domain.redaction import Redactor
from bot.settings import load_settings
from bot.terminal import audit_lines
from lab.bot_config import Windows
from lab.slack.messages import StoredMessage
from lab.slack.outcomes import Clicked
from lab.slack.workspace import FOREIGN_TEAM_ID, TEAM_ID
from lab.world import World
from tests.journeys.room import (
    ADA,
    APPROVE,
    ARNO,
    DENY,
    FIONA,
    GUS,
    IVAN,
    OLGA,
    RITA,
    Room,
    audit,
    everything,
    is_event,
    payload,
    reconfigured,
    sfint,
    state_of,
    writes,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

WINDOWS = Windows(cooldown=60.0)
COMMAND = "/sfint restart-middleware"
SHOW_PAGE = "sfint:runbook:0"
NOT_APPROVER = "you do not hold the role `approver`"


@pytest_asyncio.fixture(loop_scope="module")
async def plan(room: Room) -> AsyncIterator[StoredMessage]:
    """A plan card that waits; whatever still waits afterwards is denied."""
    card = await room.card(RITA, COMMAND, "sfint_plan", "waiting")
    yield card
    if state_of(card) == "waiting":
        await room.deny(ADA, card, "the test is over")
        await room.until_state(card, "denied")


@pytest_asyncio.fixture(loop_scope="module")
async def clicked(room: Room, plan: StoredMessage) -> Clicked:
    """A harmless real click on that card, to forge others from."""
    return await room.click(RITA, plan, SHOW_PAGE)


async def books(world: World) -> list[dict[str, Any]]:
    """The audit log as `sfint audit export` prints it, without a process of its own for each look."""
    settings = load_settings(world.bot.config, world.bot.environment)
    return [json.loads(line) for line in await audit_lines(settings, Redactor(settings.secrets()))]


async def is_booked(world: World, run_id: str, action: str) -> bool:
    """Whether the audit log has that line of the run; the end is recorded after it was shown."""
    return any((line["correlation_id"], line["action"]) == (run_id, action) for line in await books(world))


async def refusals(world: World, actor: str) -> list[dict[str, Any]]:
    """What the audit log says was refused to somebody, oldest first."""
    lines = await books(world)
    return [line for line in lines if line["actor"] == actor and line["action"].endswith(".refused")]


async def assert_refused(world: World, message: StoredMessage, person: str, reason: str) -> None:
    """Only this person saw the reason, and the audit log has it."""
    assert message.ephemeral_to == person
    assert reason.lower() in everything(message).lower()
    last = (await refusals(world, person))[-1]
    assert reason in last["details"]["reason"]


async def test_two_hundred_deliveries_of_one_command_are_one_run(room: Room, world: World) -> None:
    """One plan card, one request in the books, one page at most."""
    known = room.known()
    typed = await room.type(RITA, COMMAND)
    answers = await world.slack.deliver_again(typed.delivery_id, 199)
    assert all(answer.acked for answer in answers)
    card = await room.wait(lambda each: each.ts not in known and is_event(each, "sfint_plan"))
    await room.deny(RITA, card, "only counting")
    await room.until_state(card, "denied")
    assert len([each for each in room.news(known) if is_event(each, "sfint_plan")]) == 1
    requested = [line for line in await books(world) if line["action"] == "run.requested"]
    assert [line["correlation_id"] for line in requested] == [payload(card)["run_id"]]


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        pytest.param(RITA, "the requester never approves their own request", id="the requester"),
        pytest.param(IVAN, NOT_APPROVER, id="an outsider"),
        pytest.param(OLGA, NOT_APPROVER, id="an operator who is no approver"),
        pytest.param(GUS, "guests and bots get nothing here", id="a guest"),
    ],
)
async def test_who_may_not_approve_is_told_why(
    room: Room, world: World, plan: StoredMessage, person: str, reason: str
) -> None:
    """The refusal is seen by the clicker alone, audited, and the card waits on."""
    asked = len(world.kubernetes.requests)
    refused = await room.told_after_click(person, plan, APPROVE)
    await assert_refused(world, refused, person, reason)
    assert state_of(plan) == "waiting"
    assert writes(world, asked) == []


async def test_a_requester_who_is_refused_hears_about_break_glass(room: Room, plan: StoredMessage) -> None:
    """The way out that does not exist yet is named as such."""
    refused = await room.told_after_click(RITA, plan, APPROVE)
    assert "Break-glass is not built yet" in everything(refused)


async def test_an_outsider_may_not_deny_either(room: Room, world: World, plan: StoredMessage) -> None:
    """The form opens, its submission is refused."""
    known = room.known()
    await room.deny(IVAN, plan, "I do not like it")
    refused = await room.whisper(IVAN, known)
    await assert_refused(world, refused, IVAN, NOT_APPROVER)
    assert state_of(plan) == "waiting"


@pytest.mark.parametrize("claimed", [FOREIGN_TEAM_ID, TEAM_ID], ids=["as herself", "claiming our workspace"])
async def test_a_foreign_workspace_gets_nothing_by_a_forged_click(
    room: Room, world: World, plan: StoredMessage, clicked: Clicked, claimed: str
) -> None:
    """Who somebody is comes from Slack's directory, not from the payload."""
    value = f"{payload(plan)['run_id']}|{payload(plan)['plan_hash']}"
    refused = await room.forge(clicked, FIONA, team=claimed, action_id=APPROVE, value=value)
    await assert_refused(world, refused, FIONA, "you belong to another workspace")
    assert state_of(plan) == "waiting"


async def test_a_click_in_another_channel_is_refused(world: World, plan: StoredMessage, clicked: Clicked) -> None:
    """An approver's click with the right value, but from a channel in which the card does not stand."""
    elsewhere = Room(world, "C0OPSAUDIT")
    value = f"{payload(plan)['run_id']}|{payload(plan)['plan_hash']}"
    refused = await elsewhere.forge(clicked, ARNO, action_id=APPROVE, value=value)
    await assert_refused(world, refused, ARNO, "this card belongs to another channel")
    assert state_of(plan) == "waiting"


@pytest.mark.parametrize(
    ("action", "value", "reason"),
    [
        ("sfint:decide:approve", "{run}|" + "0" * 64, "this card shows an older plan"),
        ("sfint:decide:approve", "command:nosuch|{hash}", "there is no such request"),
        ("sfint:decide:approve", "{run}", "this button is not one of mine"),
        ("sfint:decide:approve", "|", "this button is not one of mine"),
        ("sfint:decide:yes", "{run}|{hash}", "this button is not one of mine"),
        ("sfint:sudo", "{run}|{hash}", "this button is not one of mine"),
        ("sfint:acknowledge", "page:nosuch", "there is no such page"),
        ("sfint:page:0", "ops|nosuch-entry|acme-prod", "that page does not name this team"),
        ("sfint:page:0", "salesforce|redis-failure|acme-prod", "that page does not name this team"),
        ("sfint:page:0", "ops|redis-failure|nosuch-target", "there is no target `nosuch-target`"),
    ],
)
async def test_forged_buttons_are_refused(
    room: Room, world: World, plan: StoredMessage, clicked: Clicked, action: str, value: str, reason: str
) -> None:
    """Even an approver's; the plan waits on, nobody is paged."""
    paged = len(world.pagerduty.events)
    filled = value.replace("{run}", payload(plan)["run_id"]).replace("{hash}", payload(plan)["plan_hash"])
    refused = await room.forge(clicked, ARNO, action_id=action, value=filled)
    await assert_refused(world, refused, ARNO, reason)
    assert state_of(plan) == "waiting"
    assert len(world.pagerduty.events) == paged


async def test_a_forged_command_button_needs_the_role_of_its_command(
    room: Room, world: World, plan: StoredMessage, clicked: Clicked
) -> None:
    """A button that asks is worth what its clicker may ask: nothing starts for an outsider."""
    del plan
    refused = await room.forge(clicked, IVAN, action_id="sfint:ask:0", value="restart-sentinel")
    await assert_refused(world, refused, IVAN, "you do not hold the role `requester`")
    refused = await room.forge(clicked, IVAN, action_id="sfint:ask:0", value="thaw")
    await assert_refused(world, refused, IVAN, "you do not hold the role `operator`")


async def test_a_viewer_may_look_and_not_ask(room: Room, world: World) -> None:
    """A repair needs the role `requester`."""
    refused = await room.told(IVAN, COMMAND)
    await assert_refused(world, refused, IVAN, "you do not hold the role `requester`")


async def test_a_second_request_waits_for_the_first(room: Room, world: World, plan: StoredMessage) -> None:
    """One run at a time on one workload; the refusal says whose it is."""
    refused = await room.told(ARNO, COMMAND)
    await assert_refused(world, refused, ARNO, "is waiting already, asked for by <@U0RITA001>")
    assert state_of(plan) == "waiting"


async def test_a_denial_needs_a_reason(room: Room, world: World, plan: StoredMessage) -> None:
    """The form itself refuses an empty one; the card then shows the reason, with personal data masked."""
    await room.click(ADA, plan, DENY)
    form = await world.slack.wait_for_view(ADA, timeout=5.0)
    nothing = await world.slack.submit(ADA, form.id, {"sfint:reason-block": {"sfint:reason": "   "}})
    assert nothing.errors == {"sfint:reason-block": "Say why, in a few words: the requester reads it."}
    assert state_of(plan) == "waiting"
    reason = "ask omar@example.com first"
    said = await world.slack.submit(ADA, form.id, {"sfint:reason-block": {"sfint:reason": reason}})
    assert said.errors is None
    denied = await room.until_state(plan, "denied", seconds=15.0)
    assert "first" in everything(denied)
    assert "omar@example.com" not in everything(denied)
    assert ADA in everything(denied)
    assert "actions" not in [block["type"] for block in denied.blocks]
    line = next(
        line for line in await books(world) if line["action"] == "approval.denied" and line["actor"] == ADA
    )
    assert "omar@example.com" not in str(line)


async def test_the_requester_may_take_a_request_back(room: Room, plan: StoredMessage) -> None:
    """Denying one's own request is no self-approval."""
    await room.deny(RITA, plan, "not needed any more")
    denied = await room.until_state(plan, "denied")
    assert "not needed any more" in everything(denied)


async def test_a_card_whose_run_has_ended_decides_nothing(
    room: Room, world: World, plan: StoredMessage, clicked: Clicked
) -> None:
    """A click that was on its way when the run was denied: who decided is said."""
    asked = len(world.kubernetes.requests)
    await room.deny(RITA, plan, "over")
    await room.until_state(plan, "denied")
    value = f"{payload(plan)['run_id']}|{payload(plan)['plan_hash']}"
    late = await room.forge(clicked, ARNO, action_id=APPROVE, value=value)
    assert f"<@{RITA}> denied this before you" in everything(late)
    assert f"already denied by {RITA}" in (await refusals(world, ARNO))[-1]["details"]["reason"]
    assert writes(world, asked) == []


async def test_anyone_freezes_and_only_an_operator_thaws(room: Room, world: World, plan: StoredMessage) -> None:
    """A freeze also stops what was approved before it was carried out."""
    asked = len(world.kubernetes.requests)
    await room.card(IVAN, "/sfint freeze deploy in progress", "sfint_notice")
    await room.click(ARNO, plan, APPROVE)
    stopped = await room.until_state(plan, "stopped")
    assert "all repairs are frozen" in everything(stopped)
    assert "deploy in progress" in everything(stopped)
    await assert_refused(world, await room.told(RITA, COMMAND), RITA, "all repairs are frozen")
    await assert_refused(world, await room.told(RITA, "/sfint thaw"), RITA, "you do not hold the role `operator`")
    thawed = await room.card(OLGA, "/sfint thaw", "sfint_notice")
    assert "Repairs may go on" in everything(thawed)
    assert writes(world, asked) == []


async def test_observe_plans_and_changes_nothing(room: Room, world: World) -> None:
    """The whole plan is shown, without buttons to approve it."""
    asked = len(world.kubernetes.requests)

    def observe(settings: dict[str, Any]) -> None:
        settings["targets"]["acme-prod"]["mode"] = "observe"

    async with reconfigured(world, observe):
        card = await room.card(RITA, COMMAND, "sfint_plan")
    assert state_of(card) == "dry-run"
    assert "mode: act" in everything(card)
    assert "sfint:decide" not in everything(card)
    assert writes(world, asked) == []


async def test_an_expired_card_approves_nothing(room: Room, world: World) -> None:
    """When nobody decides in time the buttons go; a click that still comes is refused."""
    asked = len(world.kubernetes.requests)

    def hurry(settings: dict[str, Any]) -> None:
        settings["targets"]["acme-prod"]["timings"]["approval_seconds"] = 3.0

    async with reconfigured(world, hurry):
        card = await room.card(RITA, COMMAND, "sfint_plan", "waiting")
        clicked = await room.click(RITA, card, SHOW_PAGE)
        expired = await room.until_state(card, "expired")
        value = f"{payload(card)['run_id']}|{payload(card)['plan_hash']}"
        refused = await room.forge(clicked, ARNO, action_id=APPROVE, value=value)
    assert "nobody decided" in everything(expired)
    assert "actions" not in [block["type"] for block in expired.blocks]
    await assert_refused(world, refused, ARNO, "expired")
    assert writes(world, asked) == []


async def test_a_role_taken_away_between_click_and_execution_counts(room: Room, world: World) -> None:
    """The decision was in the books when the bot died; whoever is no approver any more changes nothing."""
    asked = len(world.kubernetes.requests)

    def without_ada(settings: dict[str, Any]) -> None:
        settings["roles"]["approver"] = [ARNO]
        settings["targets"]["acme-prod"]["timings"]["approval_seconds"] = 6.0

    def hurry(settings: dict[str, Any]) -> None:
        settings["targets"]["acme-prod"]["timings"]["approval_seconds"] = 6.0

    async with reconfigured(world, hurry):
        card = await room.card(RITA, COMMAND, "sfint_plan", "waiting")
        await world.bot.kill()
        await _decide_in_the_books(world, card, ADA)
        async with reconfigured(world, without_ada):
            stopped = await room.until_state(card, "stopped")
    assert NOT_APPROVER in everything(stopped)
    assert writes(world, asked) == []


async def _decide_in_the_books(world: World, card: StoredMessage, person: str) -> None:
    """What the bot had done of a click when it was killed: the decision is committed, the run not told."""
    clock = SystemClock()
    url = f"sqlite:///{world.directory / 'state' / 'sfint.db'}"
    store = await open_store(url, [world.bot.environment["SFINT_INBOX_KEYS"]], Redactor(), clock)
    run_id, plan_hash = payload(card)["run_id"], payload(card)["plan_hash"]
    await store.runs.decide(Decision(run_id, Choice.APPROVE, plan_hash, person, TEAM_ID, clock.now()))
    await store.close()


async def test_fifty_racing_clicks_are_one_decision(room: Room, world: World) -> None:
    """Two approvers, an outsider and the requester click at once: one approval, one rollout, 49 answers."""
    asked, people = len(world.kubernetes.requests), [ARNO, ADA, IVAN, RITA]
    plan = await room.card(RITA, COMMAND, "sfint_plan", "waiting")
    known, run_id = room.known(), payload(plan)["run_id"]
    before = len([line for line in await books(world) if line["action"] == "approval.refused"])
    clicks = [people[nth % len(people)] for nth in range(50)]
    await asyncio.gather(*(room.click(person, plan, APPROVE) for person in clicks))
    ended = await room.progress(run_id, "succeeded", "failed", "stopped", "restored")
    assert state_of(ended) == "succeeded"
    await room.wait(lambda _: len([each for each in room.news(known) if each.ephemeral_to]) == 49)

    await world.until(lambda: is_booked(world, run_id, "run.succeeded"), 30.0, "the end stands in the books")
    lines = await books(world)
    approved = [line["actor"] for line in lines if line["action"] == "approval.approved"]
    of_run = [line["action"] for line in lines if line["correlation_id"] == run_id]
    assert (
        of_run.count("approval.approved") == of_run.count("run.authorized") == of_run.count("run.succeeded") == 1
    )
    assert approved[-1] in (ARNO, ADA)
    assert len([line for line in lines if line["action"] == "approval.refused"]) == before + 49
    restarts = [each for each in writes(world, asked) if each.resource == "deployments" and each.status == 200]
    assert len(restarts) == 1
    reasons = {
        person: {everything(each) for each in room.news(known) if each.ephemeral_to == person} for person in people
    }
    assert all("never approves" in text for text in reasons[RITA])
    assert all("role `approver`" in text for text in reasons[IVAN])
    assert all("approved this before you" in text for text in reasons[ARNO] | reasons[ADA])


async def test_after_a_change_comes_a_cooldown(room: Room, world: World) -> None:
    """The workload was changed a moment ago, by the test before: the refusal says how long to wait."""
    refused = await room.told(RITA, COMMAND)
    await assert_refused(world, refused, RITA, "cooldown")
    assert "was changed a moment ago: wait " in everything(refused)


async def test_the_audit_log_of_all_this_is_whole(world: World) -> None:
    """Refusals included, the chain verifies, and what is exported is all of it."""
    verified = await sfint(world, "audit", "verify")
    assert (verified.code, verified.err) == (0, "")
    numbers = [line["number"] for line in await audit(world)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert f"{len(numbers)} lines, unbroken" in verified.out
