"""Bad input in Slack: the asker alone sees a clear error with an example that works, and nothing is started."""

from __future__ import annotations

import pytest

from bot.domain.command import CATALOGUE
from lab.world import World
from tests.journeys.room import RITA, Room, audit, everything, sfint, writes

pytestmark = pytest.mark.asyncio(loop_scope="module")

IN_SLACK = {
    "no such command": ("stauts", "there is no command `stauts`", "/sfint status"),
    "near miss of two words": ("restart sentinel", "restart", "/sfint restart-sentinel"),
    "nothing like it": ("xyzzy", "there is no command `xyzzy`", "/sfint help"),
    "status: unknown component": ("status redsi", "not a component", "/sfint status redis"),
    "status: unknown option": ("status --tarjet acme-prod", "no option `--tarjet`", "--target"),
    "status: option without value": ("status --target", "`--target` needs a value", "/sfint status"),
    "status: unknown target": ("status --target acme-prd", "no target of this channel", "--target acme-prod"),
    "status: open quote": ("status \u201credis", "never closed", "/sfint status"),
    "token-test: too many": ("token-test now", "one argument too many", "/sfint token-test"),
    "token-test: unknown target": ("token-test --target nobody", "no target of this channel", "acme-prod"),
    "restart-sentinel: misspelt switch": ("restart-sentinel --dryrun", "no option `--dryrun`", "--dry-run"),
    "restart-sentinel: too many": ("restart-sentinel redis-0", "one argument too many", "/sfint restart-sentinel"),
    "restart-sentinel: dash of a phone": ("restart-sentinel \u2014dryrun", "no option", "--dry-run"),
    "restart-middleware: value for a switch": (
        "restart-middleware --dry-run=yes",
        "takes no value",
        "/sfint restart-middleware",
    ),
    "restart-middleware: given twice": (
        "restart-middleware --dry-run --dry-run",
        "given twice",
        "/sfint restart-middleware",
    ),
    "restart-middleware: misspelt": ("restart-midleware", "there is no command", "/sfint restart-middleware"),
    "runbook: no such page": ("runbook zzzzqqqq", "No page of the runbook fits", "/sfint runbook redis-failure"),
    "runbook: unknown option": ("runbook --page", "no option", "/sfint runbook"),
    "contact: nobody named": ("contact", "`email-or-phone` is missing", "/sfint contact 5512345678"),
    "contact: no address": ("contact ana", "must be one e-mail address", "/sfint contact 5512345678"),
    "contact: a piece of a query": (
        "contact a@b.com' OR Id != '",
        "must be one e-mail address",
        "/sfint contact 5512345678",
    ),
    "integrations: too many": ("integrations now", "one argument too many", "/sfint integrations"),
    "topics: too many": ("topics integrations", "one argument too many", "/sfint topics"),
    "diagnose: target without a name": ("diagnose --target", "`--target` needs a value", "/sfint diagnose"),
    "diagnose: unknown target": ("diagnose --target nobody READONLY", "no target of this channel", "acme-prod"),
    "logs: nobody named": ("logs", "`workload` is missing", "/sfint logs redis"),
    "logs: not a workload of ours": ("logs kube-dns", "none that this target", "/sfint logs middleware"),
    "logs: no time": ("logs redis --since soon", "`--since`", "/sfint logs middleware --since 15m"),
    "freeze: unknown option": ("freeze --reason because", "no option `--reason`", "/sfint freeze"),
    "thaw: too many": ("thaw now", "one argument too many", "/sfint thaw"),
    "livechat: too many": ("livechat whatsapp", "one argument too many", "/sfint livechat"),
    "help: unknown command": ("help reboot", "not a command", "/sfint help"),
}


@pytest.mark.parametrize("case", IN_SLACK)
async def test_bad_input_in_slack_is_explained_to_the_asker_alone(room: Room, world: World, case: str) -> None:
    """The answer names what is wrong and shows an example; no card, no page, no write comes of it."""
    typed, reason, example = IN_SLACK[case]
    known, asked, paged = room.known(), len(world.kubernetes.requests), len(world.pagerduty.events)
    answer = await room.told(RITA, f"/sfint {typed}")
    assert reason.lower() in everything(answer).lower()
    assert example in everything(answer)
    assert [message.ephemeral_to for message in room.news(known)] == [RITA]
    assert writes(world, asked) == []
    assert len(world.pagerduty.events) == paged


async def test_every_command_has_a_bad_input() -> None:
    """A command that comes later must be given its mistakes here."""
    tried = {typed.split()[0] for typed, _, _ in IN_SLACK.values()}
    assert {spec.name for spec in CATALOGUE} <= tried


async def test_smart_quotes_and_dashes_are_understood(room: Room) -> None:
    """What a phone makes of quotes and of two hyphens means what was meant."""
    answer = await room.told(RITA, "/sfint runbook \u201credis failure\u201d")
    assert "redis-failure" in everything(answer)
    card = await room.card(RITA, "/sfint restart-middleware \u2014dry-run", "sfint_plan")
    assert "DRY RUN" in everything(card)


async def test_nothing_was_started_by_bad_input(room: Room, world: World) -> None:
    """After all of it the books know of no run and of no page, and the chain is whole."""
    del room
    actions = [line["action"] for line in await audit(world)]
    assert not [action for action in actions if action.startswith(("run.", "page."))]
    verified = await sfint(world, "audit", "verify")
    assert verified.code == 0
    assert "unbroken" in verified.out
