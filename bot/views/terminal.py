"""Domain values as plain text for a terminal, for the day on which Slack is down."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from bot.domain.contact_answer import ContactAnswer
from bot.domain.diagnosis import LogReading
from bot.domain.finding import Outcome
from bot.domain.notice import Notice, RunbookPage
from bot.domain.proof import Proof, Standing
from bot.domain.remediation import NoPlan, Plan
from bot.domain.report import Explained, Report
from bot.domain.run import DryRun
from bot.domain.runbook import Entry
from bot.views.terminal_line import one_line

_LEADING_CODE = re.compile(r"^`([^`]*)`")
"""A line that begins with what can be typed needs no quotes where nothing else could be meant."""
_MARKS = {Outcome.OK: "ok  ", Outcome.DEGRADED: "WARN", Outcome.FAILING: "FAIL", Outcome.UNKNOWN: "????"}


def plain(content: Report | ContactAnswer | DryRun | LogReading | NoPlan | Notice | RunbookPage) -> str:
    """The same content that Slack shows, without a final newline."""
    match content:
        case Report():
            return _report(content)
        case ContactAnswer():
            return _contact(content)
        case DryRun(plan, words):
            return _plan(plan, words)
        case LogReading():
            return _logs(content)
        case NoPlan():
            return _no_plan(content)
        case Notice():
            return _notice(content)
        case RunbookPage():
            return _runbook(content)


def proof_table(proofs: Sequence[Proof]) -> str:
    """A line a proof in aligned columns, what to do under the ones that are not proved, and a count."""
    widths = [max((len(text) for text in column), default=0) for column in zip(*map(_cells, proofs), strict=True)]
    lines = []
    for proof in proofs:
        cells = (text.ljust(width) for text, width in zip(_cells(proof), widths, strict=True))
        lines.append("  ".join([*cells, proof.detail]).rstrip())
        if proof.fix:
            lines.append(f"{' ' * (widths[0] + 2)}-> {proof.fix}")
    counts = Counter(proof.standing for proof in proofs)
    return _lines([*lines, "", ", ".join(f"{counts[each]} {each}" for each in Standing if counts[each])])


def _cells(proof: Proof) -> tuple[str, str, str]:
    return proof.standing.value, proof.subject, proof.what


def _report(report: Report) -> str:
    head = f"{report.title} of {report.target}: {report.worst} ({report.seconds:.1f} s)"
    return _lines([head, *(line for item in report.items for line in _item(item, tells_all=report.is_narrow))])


def _item(item: Explained, *, tells_all: bool) -> list[str]:
    finding, entry = item.finding, item.entry
    lines = [f"{_MARKS[finding.outcome]} {finding.check:22} {finding.summary}"]
    if finding.outcome is not Outcome.OK or tells_all:
        lines += [f"       {line}" for line in finding.evidence]
    if entry is not None:
        teams = ", then ".join(entry.teams)
        lines.append(f"       runbook: {entry.id} ({entry.title}); team: {teams or 'nobody'}")
        lines += [f"       repair: /sfint {name}" for name in entry.remediations]
    return lines


def _contact(answer: ContactAnswer) -> str:
    marks = {True: "BLOCKED", False: "not blocked", None: "cannot tell"}
    lines = [f"{answer.target}: {answer.headline} ({answer.seconds:.1f} s)"]
    for row in answer.rows:
        known = " · ".join(part for part in (row.name, row.email, *row.phones) if part)
        lines.append(f"  {marks[row.blocked]:12} {row.kind} {row.id}  {known}")
    lines += ["  … and more rows than are shown"] if answer.has_more else []
    lines += [f"  {note}" for note in answer.notes]
    if answer.entry is not None:
        lines.append(
            f"  runbook: {answer.entry.id} ({answer.entry.title}); team: {', then '.join(answer.entry.teams)}"
        )
    return _lines(lines)


def _plan(plan: Plan, words: str) -> str:
    lines = [f"{plan.title}  [{words}]", f"verdict {plan.binding.verdict}, plan {plan.hash[:12]}"]
    lines += _section("Why", plan.why)
    lines += _section("Gentler", (plan.gentler,) if plan.gentler else ())
    lines += _section("Risks", plan.risks)
    lines += _section("Restores", (plan.restores,))
    lines += _section("Preflight", tuple(f"{fact.label}: {fact.value}" for fact in plan.facts))
    lines += _section("Steps", tuple(f"{n}. {call.title}" for n, call in enumerate(plan.steps, 1)))
    return _lines(lines)


def _logs(reading: LogReading) -> str:
    about = f", only lines that name {reading.client}" if reading.client else ""
    lines = [f"Logs of {reading.workload} ({reading.target}), {reading.window}{about}: {reading.lines} lines"]
    for each in reading.found:
        where = each.first if each.first == each.last else f"{each.first} to {each.last}"
        lines.append(f"{each.page.id:24} {each.match.confidence:4.0%}  {each.lines} lines, {where}")
        lines.append(f"       {each.match.evidence}")
        lines.append(f"       runbook: {each.page.title}; team: {', then '.join(each.page.teams) or 'nobody'}")
    if not reading.found:
        lines.append("nothing in them is known to the runbook")
    return _lines([*lines, f"read: {', '.join(reading.streams) or 'no container'}", *reading.remarks])


def _no_plan(found: NoPlan) -> str:
    lines = [f"{found.remediation} is not offered: {found.reason}", f"verdict {found.verdict}"]
    lines += _section("Do instead", (*found.advice, *(f"/sfint {name}" for name in found.offers)))
    lines += _section("Preflight", tuple(f"{fact.label}: {fact.value}" for fact in found.facts))
    return _lines(lines)


def _notice(notice: Notice) -> str:
    example = [f"for example: {notice.example}"] if notice.example else []
    lines = (_LEADING_CODE.sub(r"\1", line) for line in notice.lines)
    return _lines([notice.title, *(f"  {line}" for line in lines), *example])


def _runbook(page: RunbookPage) -> str:
    if len(page.entries) == 1:
        return _entry(page.entries[0])
    return _lines([f"{entry.id:24} {entry.title}" for entry in page.entries])


def _entry(entry: Entry) -> str:
    teams = ", then ".join(entry.teams) or "nobody"
    head = f"{entry.title}\n{entry.id} · {entry.severity} · {teams} · reviewed {entry.reviewed}"
    return f"{head}\n\n{entry.body.strip()}"


def _section(title: str, lines: tuple[str, ...]) -> list[str]:
    return [f"{title}:", *(f"  {line}" for line in lines)] if lines else []


def _lines(lines: Sequence[str]) -> str:
    return "\n".join(map(one_line, lines))
