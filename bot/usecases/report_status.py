"""`/sfint status` and its narrower sisters: ask, explain, page once, and post one card."""

from __future__ import annotations

from bot.domain.finding import Finding, Outcome
from bot.domain.page import Page
from bot.domain.report import Explained, Report
from bot.domain.target import Target
from bot.ports.chat import Where
from bot.usecases.desk import Desk
from bot.usecases.page_team import page_for_entry, resolve_pages
from bot.usecases.record import record
from bot.usecases.run_checks import asked_of, run_checks


async def report_status(
    desk: Desk,
    target: Target,
    *,
    key: str,
    channel: str,
    asked_by: str,
    components: tuple[str, ...] = (),
    names: tuple[str, ...] = (),
    title: str = "Status",
) -> Report | None:
    """Asks the checks of these components or names (all without), pages what fails, posts the report.

    None, and nothing posted, where the target's settings name none of what was asked for.
    """
    started_at, began = desk.clock.now(), desk.clock.monotonic()
    estate = desk.estates[target.name]
    chosen = asked_of(desk.checks, target, estate, components=components, names=names)
    if not chosen:
        return None
    findings = await run_checks(chosen, target, estate)
    items = Report.ordered([Explained(finding, desk.runbook.explain(finding.code)) for finding in findings])
    seconds = desk.clock.monotonic() - began
    where = Where(channel, thread=f"report:{key}")
    pages = await _page(desk, target, items, where, key)
    report = Report(target.name, asked_by, started_at, seconds, items, pages, title)
    await desk.chat.show(f"report:{key}", Where(channel), report)
    await _resolve_what_healed(desk, target, items, complete=not components and not names, key=key)
    await _record(desk, report, asked_by, key)
    return report


async def _page(
    desk: Desk, target: Target, items: tuple[Explained, ...], where: Where, key: str
) -> tuple[Page, ...]:
    pages: dict[str, Page] = {}
    for item in items:
        entry, finding = item.entry, item.finding
        if entry is None or finding.outcome is not Outcome.FAILING or not entry.pages_for(finding.code):
            continue
        page = await page_for_entry(desk, target, entry, summary=finding.summary, where=where, correlation_id=key)
        if page is not None:
            pages[page.key] = page
    return tuple(pages.values())


async def _resolve_what_healed(
    desk: Desk, target: Target, items: tuple[Explained, ...], *, complete: bool, key: str
) -> None:
    """A complete answer that does not name an entry ends its pages, if every check that may name it could tell.

    What only informs (old errors in the traces) holds no page open.
    """
    if not complete:
        return
    named = {item.entry.id for item in items if item.entry is not None and item.entry.pages_for(item.finding.code)}
    doubtful = {item.finding.check for item in items if item.finding.outcome is Outcome.UNKNOWN}
    for entry, checks in _entries_of_checks(desk).items():
        page = desk.runbook.get(entry)
        if page is not None and entry not in named and not checks & doubtful:
            await resolve_pages(desk, target.name, page, reason="every check is right again", correlation_id=key)


def _entries_of_checks(desk: Desk) -> dict[str, set[str]]:
    """Entry id -> names of the checks that may name it."""
    found: dict[str, set[str]] = {}
    for check in desk.checks:
        for code in check.codes:
            if (entry := desk.runbook.explain(code)) is not None:
                found.setdefault(entry.id, set()).add(check.name)
    return found


async def _record(desk: Desk, report: Report, asked_by: str, key: str) -> None:
    failing: list[Finding] = [item.finding for item in report.items if item.finding.outcome is not Outcome.OK]
    await record(
        desk,
        "status.reported",
        actor=asked_by,
        target=report.target,
        correlation_id=key,
        worst=report.worst.value,
        codes=" ".join(finding.code for finding in failing),
    )
