"""What each card says and which buttons it has; what a stranger wrote never becomes markup."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from bot.domain.approval import Choice
from bot.domain.click import Acknowledge, Ask, Decide, PageTeam, ShowEntry, read_click
from bot.domain.content import Content
from bot.domain.finding import Finding, Outcome
from bot.domain.notice import Notice, RunbookPage, Tone
from bot.domain.page import Page, PageState
from bot.domain.remediation import NoPlan
from bot.domain.report import Explained, Report
from bot.domain.run import DryRun, PlanCard, Progress, RunState, StepLine, StepState
from bot.domain.runbook import Entry, Team
from bot.views.card import Rendered
from bot.views.deny_modal import deny_modal
from bot.views.mentions import Mentions
from bot.views.render import render
from lab.slack.blocks import check_message_blocks, check_view

MENTIONS = Mentions({Team.OPS: "S0OPS00001"}, {Team.OPS: "U0OLGA001"})


def shown(value: Content) -> Rendered:
    """Rendered, and taken by the strict validator."""
    made = render("the-key", value, MENTIONS)
    check_message_blocks(made.blocks)
    return made


def clicks(made: Rendered) -> list[object]:
    """What the buttons mean."""
    buttons = [
        element
        for block in made.blocks
        if block["type"] == "actions"
        for element in block["elements"]  # type: ignore[attr-defined]  # JSON
    ]
    ids = [each["action_id"] for each in buttons]
    assert len(set(ids)) == len(ids), "action ids are unique on a card"
    return [read_click(each["action_id"], each["value"]) for each in buttons]


def words(made: Rendered) -> str:
    """Everything in the blocks."""
    return json.dumps(made.blocks, ensure_ascii=False)


def test_a_report_leads_with_the_worst_and_names_page_team_and_evidence(report: Report) -> None:
    """Header with state, target and time; evidence in code style, four lines and the count of the rest."""
    made = shown(report)

    assert made.blocks[0]["text"]["text"] == "🔴 Status: acme-prod is failing (1.2 s)"  # type: ignore[index]  # JSON
    text = words(made)
    for part in (
        "*no sentinel knows a live master*",
        "Redis failure (`redis-failure`) · Ops",
        "… and 1 more of evidence",
    ):
        assert part in text
    assert "`node-0 says 10.0.0.1 &lt;dead&gt;`" in text
    assert "✓ well: middleware" in text
    assert "Ops paged: queued" in text


def test_a_team_outside_can_be_paged_after_the_first(report: Report, entry: Entry) -> None:
    """By a click: the client's admin, once our own team has its page."""
    shared = replace(entry, teams=(Team.OPS, Team.PLATFORM, Team.CLIENT_ADMIN))
    items = tuple(replace(each, entry=shared) if each.entry else each for each in report.items)

    made = shown(replace(report, items=items))

    assert PageTeam("acme-prod", "redis-failure", Team.CLIENT_ADMIN) in clicks(made)


def test_a_report_offers_the_repairs_of_the_entry_and_no_second_page(report: Report) -> None:
    """Ops has an open page already, so there is no button to page it again."""
    assert clicks(shown(report)) == [ShowEntry("redis-failure"), Ask("restart-sentinel --target acme-prod")]
    assert PageTeam("acme-prod", "redis-failure", Team.OPS) in clicks(shown(replace(report, pages=())))


def test_a_reports_metadata_names_what_was_diagnosed(report: Report) -> None:
    """Read by rehearsals: from the posted message, never from the bot's own words."""
    assert shown(report).metadata == {
        "event_type": "sfint_report",
        "event_payload": {
            "key": "the-key",
            "target": "acme-prod",
            "state": "failing",
            "entries": [
                {"finding": "redis.no-master", "entry": "redis-failure", "outcome": "failing", "team": "ops"},
                {"finding": "token.unreachable", "entry": "", "outcome": "unknown", "team": ""},
            ],
        },
    }


def test_a_healthy_report_is_short(report: Report) -> None:
    """All well: no buttons."""
    made = shown(replace(report, items=report.items[-1:], pages=()))

    assert "all well" in made.text
    assert clicks(made) == []


def test_a_waiting_plan_has_approve_and_deny_bound_to_run_and_hash(card: PlanCard) -> None:
    """What, why, why not gentler, risks, what is restored, who may approve, until when."""
    made = shown(card)
    run, plan = card.request.run_id, card.request.plan

    assert clicks(made) == [
        Decide(Choice.APPROVE, run, plan.hash),
        Decide(Choice.DENY, run, plan.hash),
        ShowEntry("redis-failure"),
    ]
    for part in ("*Why*", "*Why not something gentler*", "live chats end", "3 replicas", "<@U0ARNO001>",
                 plan.hash[:12], "10.0.0.1:6379", "Ops paged: queued", "*Expires* at <!date^"):  # fmt: skip
        assert part in words(made)
    payload = made.metadata["event_payload"]
    assert isinstance(payload, dict)
    assert (payload["run_id"], payload["plan_hash"], payload["state"]) == (run, plan.hash, "waiting")


def test_a_plan_that_can_lose_data_has_no_plain_approve(card: PlanCard) -> None:
    """Only the red button, with the loss spelled out in its dialog."""
    plan = replace(card.request.plan, binding=replace(card.request.plan.binding, accepts_data_loss=True))
    made = shown(replace(card, request=replace(card.request, plan=plan)))

    run = card.request.run_id
    assert clicks(made)[:2] == [
        Decide(Choice.APPROVE_DATA_LOSS, run, plan.hash),
        Decide(Choice.DENY, run, plan.hash),
    ]
    assert "DATA CAN BE LOST" in words(made)
    assert '"style": "danger"' in words(made)


@pytest.mark.parametrize("state", [state for state in RunState if state is not RunState.WAITING])
def test_a_decided_plan_has_no_buttons_and_says_who_and_why(card: PlanCard, state: RunState) -> None:
    """A stale button must not stay."""
    made = shown(replace(card, state=state, decided_by="U0ARNO001", reason="because <!channel> *said* so"))

    assert [click for click in clicks(made) if isinstance(click, Decide)] == []
    assert "<!channel>" not in words(made)
    assert "because" in words(made)
    if state is not RunState.EXPIRED:
        assert "<@U0ARNO001>" in words(made)


def test_a_dry_run_is_marked_and_cannot_be_approved(card: PlanCard) -> None:
    """The same plan, no decision."""
    made = shown(DryRun(card.request.plan, "dry run: nothing is started"))

    assert "DRY RUN" in made.text
    assert clicks(made) == [ShowEntry("redis-failure")]
    assert made.metadata["event_payload"]["state"] == "dry-run"  # type: ignore[index]  # JSON


def test_progress_shows_each_step_with_its_time(card: PlanCard) -> None:
    """One line a step, and the summary at the end."""
    lines = (
        StepLine("scale to 0", StepState.DONE, "0 pods left", 4.21),
        StepLine("scale to 3", StepState.RUNNING),
        StepLine("verify", StepState.PENDING),
    )
    at = card.request.requested_at
    made = shown(Progress("run-1", "Restart Redis Sentinel", "acme-prod", RunState.RUNNING, lines, at, 5.0))
    done = shown(
        Progress("run-1", "Restart", "acme-prod", RunState.SUCCEEDED, lines[:1], at, 9.0, "All sentinels agree.")
    )

    assert "1 of 3 steps done" in words(made)
    assert "✅ scale to 0 _4.2 s_" in words(made)
    assert "⏳ *scale to 3*" in words(made)
    assert "All sentinels agree." in words(done)


def test_a_fresh_page_calls_the_group_and_a_later_edit_does_not(page: Page) -> None:
    """An edit must not call everybody a second time."""
    fresh = shown(page)
    accepted = shown(page.moved(PageState.ACCEPTED))

    assert "<!subteam^S0OPS00001>" in words(fresh)
    assert "<!subteam^S0OPS00001>" in fresh.text
    assert "<@U0OLGA001>" in words(fresh)
    assert "subteam" not in words(accepted) + accepted.text
    assert Acknowledge(page.key) in clicks(fresh)
    assert Acknowledge(page.key) in clicks(accepted)


def test_a_page_names_the_contacts_in_their_order_until_somebody_answers(page: Page) -> None:
    """As configured, the first to call first; nobody is named for a team without contacts."""
    mentions = Mentions(contacts={page.team: ("U0ADA0001", "U0OLGA001")})
    wanted = "Contacts, in this order: <@U0ADA0001>, then <@U0OLGA001>"

    assert wanted in words(render("key", page, mentions))
    assert wanted in words(render("key", page.moved(PageState.ACCEPTED), mentions))
    assert "Contacts" not in words(render("key", page.moved(PageState.ACKNOWLEDGED, by="U0ARNO001"), mentions))
    assert "Contacts" not in words(render("key", page, Mentions()))


def test_a_page_says_only_what_the_provider_said(page: Page) -> None:
    """Failed is said loudly, acknowledged names the person, resolved has no button."""
    failed = shown(page.moved(PageState.FAILED, problem="invalid routing key"))
    taken = shown(page.moved(PageState.ACKNOWLEDGED, by="U0ARNO001"))
    over = shown(page.moved(PageState.RESOLVED))

    assert "*FAILED*, nobody was called: invalid routing key" in words(failed)
    assert "acknowledged by <@U0ARNO001>" in words(taken)
    assert Acknowledge(page.key) not in clicks(taken)
    assert clicks(over) == []


def test_a_team_without_a_group_is_named(page: Page) -> None:
    """Nothing is configured for DevOps: its name stands there."""
    made = shown(replace(page, team=Team.DEVOPS))

    assert "for DevOps" in words(made)


def test_a_notice_shows_its_example() -> None:
    """The usage error of a command."""
    made = shown(
        Notice("That is not a command", ("Did you mean `/sfint status`?",), "/sfint status", Tone.WARNING)
    )

    assert "Example: `/sfint status`" in words(made)


def test_a_runbook_page_is_shown_whole_with_its_links(entry: Entry) -> None:
    """Markdown becomes Slack's markup; a command block stays a block."""
    text = words(shown(RunbookPage("redis-failure", (entry,))))

    for part in ("*master*", "• look", "```kubectl get pods```", "<https://rancher.example.com/a?b=1&amp;c=2|Rancher>",
                 "Ops, then Platform", "reviewed 2026-01-01"):  # fmt: skip
        assert part in text


def test_a_search_lists_what_matched(entry: Entry) -> None:
    """Each with its button; nothing found says so."""
    many = shown(RunbookPage("redis", (entry, replace(entry, id="middleware-down"))))

    assert clicks(many) == [ShowEntry("redis-failure"), ShowEntry("middleware-down")]
    assert "Nothing" in shown(RunbookPage("xyzzy", ())).text


def test_no_plan_says_why_and_offers_what_fits() -> None:
    """Advice first, then the other remediation."""
    made = shown(
        NoPlan("restart-sentinel", "acme-prod", "healthy", "Redis is fine", ("look at the middleware",), (),
               ("restart-middleware", "no-such-command"), "redis-failure")
    )  # fmt: skip

    assert "→ look at the middleware" in words(made)
    assert clicks(made) == [Ask("restart-middleware --target acme-prod"), ShowEntry("redis-failure")]


@pytest.mark.parametrize(
    "nasty",
    ["<!channel> <!here> <!everyone>", "<https://evil.example.com|click me>", "*bold* _it_ ~no~", "a & b < c > d",
     "<!subteam^S123>", "`code`", "line\u202eesrever"],
)  # fmt: skip
def test_what_a_stranger_wrote_never_becomes_markup(report: Report, nasty: str) -> None:
    """Escaped in summary and evidence alike; nobody is called, nothing is linked."""
    finding = Finding("c", "redis", Outcome.FAILING, "redis.odd", nasty, (nasty,))
    text = words(shown(replace(report, items=(Explained(finding),))))

    outside_code = re.sub("`[^`]*`", "", text.replace("<!date", ""))
    for raw in ("*bold*", "_it_", "~no~"):
        assert raw not in outside_code
    for raw in ("<!", "<http", "> d", "\u202e"):
        assert raw not in text.replace("<!date", "")


def test_the_deny_form_is_a_valid_view() -> None:
    """Slack takes it, and it carries channel, run and hash."""
    view = check_view(deny_modal("C0INCSF001", "command:1.2.3|" + "a" * 64))

    assert view["private_metadata"] == "C0INCSF001|command:1.2.3|" + "a" * 64


def test_what_a_peer_wrote_calls_nobody(report: Report, card: PlanCard, page: Page) -> None:
    """A name in a log line, an error or a pod's message is shown, and wakes nobody up."""
    loud = "<@U0OLGA001> <!channel> <!subteam^S0OPS00001>"
    finding = Finding("redis-sentinel", "redis", Outcome.FAILING, "redis.no-master", loud, (loud,))
    line = StepLine("Scale to 0", StepState.FAILED, loud, 1.0)
    plan = replace(card.request.plan, why=(loud,), risks=(loud,), gentler=loud)
    values = (
        replace(report, items=(Explained(finding),), pages=()),
        Progress("run-1", "Restart", "acme-prod", RunState.RUNNING, (line,), report.started_at, 1.0),
        replace(card, request=replace(card.request, plan=plan), page=replace(page, problem=loud)),
        NoPlan("restart-sentinel", "acme-prod", "unknown", loud, (loud,)),
    )

    for value in values:
        made = shown(value)
        said = made.text + json.dumps(made.blocks, ensure_ascii=False)
        assert "&lt;@U0OLGA001&gt;" in said
        assert not re.search(r"<(@U0OLGA001|!channel|!subteam)", said)
