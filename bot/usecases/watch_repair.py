"""Looks after a repair that succeeded: one that did not hold reopens the thread and pages anew."""

from __future__ import annotations

from bot.domain.finding import Outcome
from bot.domain.notice import Notice, Tone
from bot.domain.run import RunRequest
from bot.ports.chat import Where
from bot.usecases.desk import Desk
from bot.usecases.page_team import page_for_entry
from bot.usecases.record import record
from bot.usecases.run_checks import run_checks
from bot.usecases.show_plan_card import plan_key


async def watch_repair(desk: Desk, request: RunRequest) -> bool:
    """Asks the checks of the plan's entry once; True for a relapse, which ends the watch."""
    target = desk.targets[request.plan.binding.target]
    entry = desk.runbook.get(request.plan.entry)
    if entry is None:
        return False
    checks = [check for check in desk.checks if set(check.codes) & set(entry.findings)]
    findings = await run_checks(checks, target, desk.estates[target.name])
    bad = [
        each for each in findings if each.outcome is Outcome.FAILING and desk.runbook.explain(each.code) == entry
    ]
    if not bad:
        return False
    where = Where(request.channel, thread=plan_key(request.run_id))
    lines = (*(f"{finding.code}: {finding.summary}" for finding in bad), "The repair did not hold.")
    await desk.chat.show(f"relapse:{request.run_id}", where, Notice("Relapsed", lines, "/sfint status", Tone.BAD))
    await page_for_entry(desk, target, entry, summary=bad[0].summary, where=where, correlation_id=request.run_id)
    await record(
        desk,
        "run.relapsed",
        actor="sfint",
        target=target.name,
        correlation_id=request.run_id,
        codes=" ".join(finding.code for finding in bad),
    )
    return True
