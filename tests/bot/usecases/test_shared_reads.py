"""What several checks of one report want to know is asked once."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.errors import Unreachable
from bot.domain.workload import Pod
from bot.usecases.shared_reads import SharedReads
from tests.fakes.estate import FakeCluster


class Counting(FakeCluster):
    """Counts what is read, slowly enough to be joined."""

    reads = 0

    async def pods(self, namespace: str, selector: object = None) -> tuple[Pod, ...]:
        """One more."""
        self.reads += 1
        await asyncio.sleep(0.05)
        self._fail(self.problem)
        return ()

    async def logs(self, namespace: str, pod: str, container: str, **limits: object) -> str:  # type: ignore[override]
        """One more."""
        self.reads += 1
        await asyncio.sleep(0.05)
        return f"{pod} {limits}"


async def test_the_same_question_is_asked_once() -> None:
    """At once or one after the other; another question is another read."""
    cluster = Counting()
    async with SharedReads(cluster) as shared:
        await asyncio.gather(*(shared.pods("a", {"app": "x"}) for _ in range(5)))
        await shared.pods("a", {"app": "x"})
        await asyncio.gather(*(shared.logs("a", "p", "c", since_seconds=900) for _ in range(3)))
        await shared.logs("a", "p", "c", since_seconds=901)

    assert cluster.reads == 3


async def test_one_that_gives_up_takes_nothing_from_the_others() -> None:
    """A check at its deadline is cancelled; the read goes on for whoever still waits."""
    async with SharedReads(Counting()) as shared:
        patient = asyncio.create_task(shared.logs("a", "p", "c"))
        hasty = asyncio.create_task(shared.logs("a", "p", "c"))
        await asyncio.sleep(0)
        hasty.cancel()

        assert (await patient).startswith("p ")
        with pytest.raises(asyncio.CancelledError):
            await hasty


async def test_a_failure_reaches_everybody_who_asked() -> None:
    """And nothing is left behind."""
    cluster = Counting(problem=Unreachable("gone"))
    async with SharedReads(cluster) as shared:
        answers = await asyncio.gather(shared.pods("a"), shared.pods("a"), return_exceptions=True)

    assert [type(answer) for answer in answers] == [Unreachable, Unreachable]
    assert cluster.reads == 1


async def test_what_nobody_waits_for_any_more_ends_with_the_report() -> None:
    """No task outlives it."""
    before = asyncio.all_tasks()
    async with SharedReads(Counting()) as shared:
        hasty = asyncio.create_task(shared.pods("a"))
        await asyncio.sleep(0)
        hasty.cancel()
        await asyncio.gather(hasty, return_exceptions=True)

    assert asyncio.all_tasks() == before
