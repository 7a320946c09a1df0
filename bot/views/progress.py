"""The one card that follows a run, edited step by step."""

from __future__ import annotations

from bot.domain.run import Progress, RunState, StepLine, StepState
from bot.views import ids
from bot.views.card import FALLBACK, Rendered, assemble, context, header, section
from bot.views.text import bold, code, moment, prose, spoken

_STEPS = {
    StepState.PENDING: "▫️",
    StepState.RUNNING: "⏳",
    StepState.DONE: "✅",
    StepState.ALREADY: "☑️",
    StepState.FAILED: "❌",
    StepState.SKIPPED: "⏭️",
}
_ENDS = {
    RunState.SUCCEEDED: "✅ done",
    RunState.FAILED: "❌ failed",
    RunState.RESTORED: "⚠️ failed; replicas restored, a person must look",
    RunState.STOPPED: "🛑 stopped, nothing was changed",
}


def progress(key: str, shown: Progress) -> Rendered:
    """A line a step; the newest lines are kept when there are too many."""
    done = sum(line.state in (StepState.DONE, StepState.ALREADY) for line in shown.lines)
    state = _ENDS.get(shown.state, f"⏳ {shown.state.value}, {done} of {len(shown.lines)} steps done")
    title = f"{shown.title}: {state}"
    began = moment(shown.started_at, "{time_secs}")
    where = f"target {code(shown.target, 60)} · began {began} · {shown.seconds:.0f} s"
    return assemble(
        prose(f"{title} ({shown.target})", FALLBACK),
        head=[header(title), context(where)],
        body=[(section(_step(line)),) for line in shown.lines],
        tail=[section(spoken(shown.summary, 1_500))] if shown.summary else [],
        more="more steps are not shown",
        metadata=(
            ids.PROGRESS_EVENT,
            {"key": key, "run_id": shown.run_id, "target": shown.target, "state": shown.state.value},
        ),
    )


def _step(line: StepLine) -> str:
    title = bold(line.title, 200) if line.state is StepState.RUNNING else prose(line.title, 200)
    took = f" _{line.seconds:.1f} s_" if line.seconds is not None else ""
    already = " (already so)" if line.state is StepState.ALREADY else ""
    note = f"\n      {prose(line.note, 400)}" if line.note else ""
    return f"{_STEPS[line.state]} {title}{already}{took}{note}"
