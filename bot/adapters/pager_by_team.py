"""One pager for all teams: hands a page over every way that its team has, and joins what the providers said."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.errors import AccessDenied, RateLimited, SfintError, Unreachable
from bot.domain.page import Page
from bot.ports.clock import Clock
from bot.ports.pager import Pager

Tell = Callable[[Pager, Page], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Way:
    """A provider, and whether it reaches the team of a page."""

    pager: Pager
    reaches: Callable[[Page], bool]


class PagerByTeam:
    """Implements `bot.ports.pager.Pager`.

    A team is told by all its ways at once. What one of them cannot do now is tried again (the others know the page
    by its key), yet for `patience_seconds` only where another way took it: the words then say what failed.
    """

    def __init__(self, ways: Sequence[Way], clock: Clock, *, patience_seconds: float = 900.0) -> None:
        self._ways = ways
        self._clock = clock
        self._patience = timedelta(seconds=patience_seconds)

    async def trigger(self, page: Page) -> str:
        """Raises what the only way raises; for several, Unreachable while trying again may help."""
        return await self._tell(page, lambda pager, page: pager.trigger(page))

    async def acknowledge(self, page: Page) -> str:
        """Each way knows whether its people need to hear that."""
        return await self._tell(page, lambda pager, page: pager.acknowledge(page))

    async def resolve(self, page: Page) -> str:
        """The same for the end."""
        return await self._tell(page, lambda pager, page: pager.resolve(page))

    async def _tell(self, page: Page, tell: Tell) -> str:
        ways = [way.pager for way in self._ways if way.reaches(page)]
        if not ways:
            raise AccessDenied(
                f"there is no way to page team {page.team} "
                f"(settings: teams.{page.team}.pagerduty_routing_key or teams.{page.team}.emails)"
            )
        answers = await asyncio.gather(*(_asked(tell, pager, page) for pager in ways))
        return self._joined(page, answers)

    def _joined(self, page: Page, answers: Sequence[str | SfintError]) -> str:
        refusals = [answer for answer in answers if isinstance(answer, SfintError)]
        words = "; ".join(text for text in map(str, answers) if text)
        if not refusals:
            return words
        if len(answers) == 1:
            raise refusals[0]
        may_help = any(isinstance(refusal, Unreachable | RateLimited) for refusal in refusals)
        took_it = len(refusals) < len(answers)
        if may_help and not (took_it and self._clock.now() - page.created_at > self._patience):
            raise Unreachable(words) from refusals[0]
        if took_it:
            return words
        raise type(refusals[0])(words) from refusals[0]


async def _asked(tell: Tell, pager: Pager, page: Page) -> str | SfintError:
    """The provider's words, or its refusal as a value: one way must not cut the other off."""
    try:
        return await tell(pager, page)
    except SfintError as error:
        return error
