"""What `/sfint runbook` answers."""

from __future__ import annotations

import pytest

from bot.domain.notice import Notice, RunbookPage
from bot.runbook.loader import load_runbook
from bot.usecases.show_runbook import show_runbook


@pytest.mark.parametrize("words", ["redis-failure", "Redis  Failure", "redis failure"])
def test_an_id_gives_its_page_alone(words: str) -> None:
    """An id, dashes or not, is not a search."""
    page = show_runbook(load_runbook(), words)

    assert isinstance(page, RunbookPage)
    assert [entry.id for entry in page.entries] == ["redis-failure"]


def test_no_words_list_every_page() -> None:
    """The table of contents."""
    page = show_runbook(load_runbook())

    assert isinstance(page, RunbookPage)
    assert {entry.id for entry in page.entries} >= {"redis-failure", "middleware-down", "expired-password"}


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("exipred pasword", "expired-password"),
        ("sentinal", "redis-failure"),
        ("INVALID_HEADER_TYPE", "invalid-auth-header"),
        ("token.invalid-client", "error-getting-token"),
        ("redeploy middleware", "middleware-down"),
    ],
)
def test_words_find_the_page_in_spite_of_typos(words: str, first: str) -> None:
    """A tired person mistypes."""
    page = show_runbook(load_runbook(), words)

    assert isinstance(page, RunbookPage)
    assert page.entries[0].id == first


def test_no_match_suggests_pages_and_an_example() -> None:
    """Nobody is left with an empty answer."""
    notice = show_runbook(load_runbook(), "zzzz qqqq")

    assert isinstance(notice, Notice)
    assert "zzzz qqqq" in notice.title
    assert any("redis-failure" in line for line in notice.lines)
    assert notice.example.startswith("/sfint runbook ")


@pytest.mark.parametrize(
    "words", ["long polling", "long-polling", "common create chat errors", "common-create-chat-errors"]
)
def test_a_chapter_is_shown_like_an_entry(words: str) -> None:
    """What explains no failure has its page too."""
    page = show_runbook(load_runbook(), words)

    assert isinstance(page, RunbookPage)
    assert [entry.id for entry in page.entries] == ["-".join(words.split())]


def test_chapters_are_found_and_listed() -> None:
    """Beside the entries, and after them."""
    found = show_runbook(load_runbook(), "goroutine polls messages")
    every = show_runbook(load_runbook())

    assert isinstance(found, RunbookPage)
    assert isinstance(every, RunbookPage)
    assert "long-polling" in [entry.id for entry in found.entries]
    assert [entry.id for entry in every.entries][-2:] == ["common-create-chat-errors", "long-polling"]
