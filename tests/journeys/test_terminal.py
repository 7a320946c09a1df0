"""The terminal: bad input ends with exit code 2, a reason and an example; what only reads is answered."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from lab.world import World
from tests.journeys.room import sfint, writes

pytestmark = pytest.mark.asyncio(loop_scope="module")

ON_TERMINAL = {
    ("stauts",): ("there is no command `stauts`", "sfint status"),
    ("status", "redsi"): ("not a component", "sfint status redis"),
    ("status", "--target"): ("needs a value", "sfint status"),
    ("status", "--target", "acme-prd"): ("not configured", "--target acme-prod"),
    ("token-test", "now"): ("one argument too many", "sfint token-test"),
    ("restart-sentinel",): ("changes nothing", "sfint restart-sentinel --dry-run"),
    ("restart-middleware", "--dryrun"): ("no option `--dryrun`", "--dry-run"),
    ("freeze", "because"): ("is for Slack", "sfint status"),
    ("thaw",): ("is for Slack", "sfint status"),
    ("help", "reboot"): ("not a command", "sfint help"),
    ("run", "now"): ("`run now` is not a command", "sfint run"),
    ("contact",): ("`email-or-phone` is missing", "sfint contact 5512345678"),
    ("contact", "ana"): ("must be one e-mail address", "sfint contact 5512345678"),
    ("contact", "a@b.com OR Id != null"): ("must be one e-mail address", "sfint contact 5512345678"),
    ("integrations", "now"): ("one argument too many", "sfint integrations"),
    ("config", "chek"): ("is not a command", "sfint config check"),
    ("audit",): ("is not a command", "sfint audit verify"),
    ("audit", "verify", "now"): ("is not a command", "sfint audit verify"),
    ("runbook", "--page"): ("no option", "sfint runbook"),
    ("runbook", "zzzzqqqq"): ("No page of the runbook fits", "sfint runbook redis-failure"),
    ("rehearse",): ("name scenarios", "sfint rehearse redis-stale-master"),
    ("rehearse", "nosuch"): ("there is no scenario `nosuch`", "sfint rehearse redis-stale-master"),
    ("rehearse", "healthy"): ("there is no scenario `healthy`", "sfint rehearse redis-stale-master"),
    ("rehearse", "redis-stale-mastr"): ("did you mean `redis-stale-master`", "sfint rehearse redis-stale-master"),
    ("lab", "--port", "abc"): ("--port", "sfint lab redis-stale-master --port 8000"),
    ("lab", "nosuch"): ("nosuch", "sfint lab redis-stale-master"),
    ("lab", "--prot", "8000"): ("--prot", "sfint lab redis-stale-master --port 8000"),
}


@pytest.mark.parametrize("words", ON_TERMINAL, ids=" ".join)
async def test_bad_input_on_the_terminal_ends_with_2(world: World, words: tuple[str, ...]) -> None:
    """Exit code 2, the reason and an example on stderr, nothing on stdout, no traceback."""
    reason, example = ON_TERMINAL[words]
    finished = await sfint(world, *words)
    assert finished.code == 2, finished
    assert reason.lower() in finished.err.lower()
    assert example in finished.err
    assert "Traceback" not in finished.err
    assert "/sfint" not in finished.err
    assert finished.out == ""


async def test_every_mistake_of_a_configuration_is_told_at_once(world: World, tmp_path: Path) -> None:
    """Each with its path and an example, none with a secret."""
    settings = yaml.safe_load(world.bot.config.read_text())
    settings["slack"]["bot_token"] = "env:NOT_SET"
    settings["slack"]["team_id"] = "acme"
    settings["roles"]["aprover"] = ["U0ARNO001"]
    settings["targets"]["acme-prod"]["mode"] = "maybe"
    settings["targets"]["acme-prod"]["timings"]["approval_seconds"] = -1
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(yaml.safe_dump(settings))
    finished = await sfint(world, "config", "check", config=str(wrong))
    assert finished.code == 2
    for path in (
        "slack.bot_token",
        "slack.team_id",
        "roles.aprover",
        "targets.acme-prod.mode",
        "targets.acme-prod.timings.approval_seconds",
    ):
        assert path in finished.err
    assert "NOT_SET" in finished.err
    assert world.salesforce.org.password not in finished.err


@pytest.mark.parametrize("command", [("status",), ("run",), ("config", "check"), ("audit", "verify")])
async def test_a_missing_configuration_is_a_mistake(world: World, command: tuple[str, ...]) -> None:
    """It is named, and nothing is started."""
    finished = await sfint(world, *command, config="/nowhere/sfint.yml")
    assert finished.code == 2
    assert "/nowhere/sfint.yml" in finished.err
    assert "Traceback" not in finished.err


READING = {
    ("status",): "Status of acme-prod: ok",
    ("status", "redis", "--target", "acme-prod"): "redis-sentinel",
    ("token-test",): "Token test of acme-prod: ok",
    ("livechat",): "Live chat of acme-prod: ok",
    ("integrations",): "Integrations Core of acme-prod: ok",
    ("contact", "nobody@example.com"): "there is no contact with e-mail n***@e***.com",
    ("contact", "+52 55 0000 1111"): "there is no contact with phone ***11",
    ("runbook",): "redis-failure",
    ("runbook", "redis-failure"): "redis-failure",
    ("help",): "  sfint status",
    ("help", "restart-sentinel"): "--dry-run",
    ("config", "check"): "acme-prod",
    ("audit", "verify"): "unbroken",
    ("runbook", "lint"): "0 errors",
    ("restart-middleware", "--dry-run"): "the terminal changes nothing",
    ("version",): "",
    (): "rehearse",
}


@pytest.mark.parametrize("words", READING, ids=" ".join)
async def test_the_terminal_answers_what_only_reads(world: World, words: tuple[str, ...]) -> None:
    """Exit code 0, the answer on stdout, nothing on stderr, nothing changed."""
    asked = len(world.kubernetes.requests)
    finished = await sfint(world, *words)
    assert (finished.code, finished.err) == (0, "")
    assert READING[words] in finished.out
    assert writes(world, asked) == []


async def test_a_repair_that_is_not_needed_is_explained(world: World) -> None:
    """A healthy Redis: why there is no plan, and what was seen."""
    finished = await sfint(world, "restart-sentinel", "--dry-run")
    assert (finished.code, finished.err) == (0, "")
    assert "is not offered" in finished.out
    assert "verdict healthy" in finished.out
