"""The book of pages: what is open, and what still has to be handed to a provider."""

from __future__ import annotations

from typing import Protocol

from bot.domain.page import Page, PageState


class PageBook(Protocol):
    """Commits before it returns."""

    async def open(self, page: Page) -> tuple[Page, bool]:
        """Stores the page unless one with its key is open; returns the stored one, and True if it is new."""

    async def get(self, key: str) -> Page | None:
        """The page with this key, the latest one if there were several."""

    async def move(
        self, key: str, state: PageState, *, by: str = "", problem: str = "", reason: str = ""
    ) -> Page | None:
        """Changes the state, never backwards (RESOLVED and ACKNOWLEDGED are not undone by ACCEPTED)."""

    async def owed(self) -> tuple[Page, ...]:
        """Pages whose current state the provider has not been told yet, oldest first."""

    async def told(self, key: str, state: PageState) -> None:
        """The provider has been told this state."""
