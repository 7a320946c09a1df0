"""What a scrape of /metrics tells, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from lab.world import World


class Figures:
    """One scrape of /metrics."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]

    def __call__(self, figure: str, /, **labels: str) -> float:
        """The sum of the samples with these labels; 0 where there is none."""
        return sum(
            sample.value
            for sample in self._samples
            if sample.name == figure and labels.items() <= sample.labels.items()
        )

    def label_values(self) -> set[str]:
        """Every value of every label."""
        return {value for sample in self._samples for value in sample.labels.values()}


async def scrape(world: World) -> Figures:
    """As Prometheus does."""
    url = f"http://127.0.0.1:{world.bot.health_port}/metrics"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert answer.status == 200
        assert answer.content_type == "text/plain"
        return Figures(await answer.text())


async def until(world: World, holds: Callable[[Figures], bool]) -> Figures:
    """Scrapes until this holds."""
    async with asyncio.timeout(20.0):
        while True:
            figures = await scrape(world)
            if holds(figures):
                return figures
            await asyncio.sleep(0.1)
