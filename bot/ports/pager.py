"""Handing a page to the provider of a team."""

from __future__ import annotations

from typing import Protocol

from bot.domain.page import Page


class Pager(Protocol):
    """Raises Unreachable or RateLimited (try again) and AccessDenied or BadAnswer (do not)."""

    async def trigger(self, page: Page) -> str:
        """Hands it over; returns the provider's words, e.g. `PagerDuty: Event processed`."""

    async def acknowledge(self, page: Page) -> str:
        """Tells the provider that somebody took it."""

    async def resolve(self, page: Page) -> str:
        """Tells the provider that it is over."""
