"""The runbook: every page that is packed with the program, by id and by the finding codes it explains."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from importlib.resources import files
from typing import TYPE_CHECKING

from bot.domain.runbook import Entry
from bot.runbook.entry import parse_entry
from bot.runbook.errors import BadEntry
from bot.runbook.search import search

if TYPE_CHECKING:
    from bot.domain.target import Target


class Runbook:
    """Pages in the order of their ids: entries that explain failures, chapters that explain the rest.

    Raises BadEntry when two have one id.
    """

    def __init__(self, entries: Iterable[Entry], chapters: Iterable[Entry] = ()) -> None:
        self.entries = tuple(sorted(entries, key=lambda entry: entry.id))
        self.chapters = tuple(sorted(chapters, key=lambda chapter: chapter.id))
        self.pages = (*self.entries, *self.chapters)
        self._by_id = {page.id: page for page in self.pages}
        if len(self._by_id) < len(self.pages):
            raise BadEntry("two entries have the same id")
        self._by_code = {code: entry for entry in reversed(self.entries) for code in entry.findings}

    def get(self, entry_id: str) -> Entry | None:
        """The page with this id."""
        return self._by_id.get(entry_id)

    def explain(self, code: str) -> Entry | None:
        """The page that explains a finding code."""
        return self._by_code.get(code)

    def search(self, words: str) -> tuple[Entry, ...]:
        """Pages that fit the words, best first."""
        return search(self.pages, words)

    def linked(self, target: Target) -> Runbook:
        """The same pages with the addresses of this target behind their links."""
        return Runbook(
            (entry.linked(target.links, target.link_names) for entry in self.entries),
            (chapter.linked(target.links, target.link_names) for chapter in self.chapters),
        )

    def suggest(self, words: str) -> tuple[str, ...]:
        """Up to three ids that look like the words; where none does, all ids."""
        ids = [page.id for page in self.pages]
        near = difflib.get_close_matches("-".join(words.lower().split()), ids, n=3, cutoff=0.4)
        return tuple(near or ids)


def load_runbook() -> Runbook:
    """Reads the pages. Raises BadEntry."""
    return Runbook(_pages("entries"), _pages("chapters"))


def _pages(folder: str) -> list[Entry]:
    items = (files("bot.runbook") / folder).iterdir()
    return [_page(item.name, item.read_text(encoding="utf-8")) for item in items if item.name.endswith(".md")]


def _page(name: str, text: str) -> Entry:
    entry = parse_entry(name, text)
    if name != f"{entry.id}.md":
        raise BadEntry(f"{name}: `id` is {entry.id}, and must be the file's name")
    return entry
