"""Shows a page of the runbook by its id, or the pages that fit some words."""

from __future__ import annotations

from bot.domain.notice import Notice, RunbookPage, Tone
from bot.runbook.loader import Runbook

EXAMPLE = "/sfint runbook redis-failure"


def show_runbook(runbook: Runbook, words: str = "") -> RunbookPage | Notice:
    """One page for an id, all for no words, else what was found; a Notice with suggestions for nothing."""
    wanted = " ".join(words.split())
    if not wanted:
        return RunbookPage("", runbook.pages)
    exact = runbook.get("-".join(wanted.lower().split()))
    if exact is not None:
        return RunbookPage(wanted, (exact,))
    found = runbook.search(wanted)
    if found:
        return RunbookPage(wanted, found)
    return Notice(
        title=f"No page of the runbook fits “{wanted}”",
        lines=("Try one of these:", *(f"• {entry_id}" for entry_id in runbook.suggest(wanted))),
        example=EXAMPLE,
        tone=Tone.WARNING,
    )
