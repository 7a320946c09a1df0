"""The page's addresses."""

from __future__ import annotations

from aiohttp import web

from lab.slack.hands import Hands
from lab.slack.world import SlackWorld


class Page:
    """Serves the page."""

    def __init__(self, world: SlackWorld, hands: Hands) -> None:
        self._world = world
        self._hands = hands

    def routes(self) -> list[web.RouteDef]:
        """What the server has to mount."""
        return []

    async def shut_down(self, _app: web.Application) -> None:
        """End the live streams."""
