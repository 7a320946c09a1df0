"""The newest lines of a log whose lines are longer than the bound allows for."""

from __future__ import annotations

import pytest

from bot.readings.newest_lines import newest_lines


class Kubelet:
    """Takes the last lines, and of these the first bytes, as Kubernetes does."""

    def __init__(self, *lines: str) -> None:
        self._lines = [f"{line}\n" for line in lines]
        self.asked: list[int] = []

    async def log(self, tail_lines: int) -> str:
        """Within 100 bytes."""
        self.asked.append(tail_lines)
        return "".join(self._lines[-tail_lines:]).encode()[:100].decode("utf-8", "replace")


async def test_a_log_within_the_bounds_is_read_once() -> None:
    """The common way."""
    kubelet = Kubelet("one", "two")

    found = await newest_lines(kubelet.log, tail_lines=50, limit_bytes=100)

    assert (found.text, found.is_cut, found.lacks_newest) == ("one\ntwo\n", False, False)
    assert kubelet.asked == [50]


async def test_older_lines_than_asked_for_make_it_cut() -> None:
    """Then it may begin later than the window."""
    found = await newest_lines(Kubelet("one", "two", "three").log, tail_lines=2, limit_bytes=100)

    assert (found.text, found.is_cut) == ("two\nthree\n", True)


@pytest.mark.parametrize("letter", ["x", "ж"])
async def test_long_lines_cost_the_oldest_and_not_the_newest(letter: str) -> None:
    """A failure stands at the end; bytes count, not characters."""
    lines = [f"{number:02d} {letter * 8}" for number in range(40)]

    found = await newest_lines(Kubelet(*lines).log, tail_lines=40, limit_bytes=100)

    assert found.text.splitlines()[-1] == lines[-1]
    assert (found.is_cut, found.lacks_newest) == (True, False)


async def test_a_last_line_without_end_is_told() -> None:
    """Nothing is asked for ever."""
    kubelet = Kubelet("one", "x" * 500)

    found = await newest_lines(kubelet.log, tail_lines=40, limit_bytes=100)

    assert found.lacks_newest
    assert kubelet.asked == [40, 1, 1]
