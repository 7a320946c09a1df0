"""A request is counted under a word of ours, whatever was typed or forged, and once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.ports.inbox import Arrival, Received
from bot.ports.telemetry import Answered, SilentMeter, Telemetry
from bot.usecases.observe_request import answered_with, observed_request, request_name

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


class Clock:
    """Ten seconds after the receipt."""

    def now(self) -> datetime:
        return NOW + timedelta(seconds=10)

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nobody waits here")


class Counted(SilentMeter):
    """Keeps what was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, str, float]] = []

    def request_ended(self, kind: str, name: str, how: Answered, seconds: float) -> None:
        self.told.append((kind, name, how.value, seconds))


def command(text: str) -> Received:
    return Received("command:1", Arrival.COMMAND, {"text": text}, NOW)


def click(action_id: str, value: str) -> Received:
    return Received("click:1", Arrival.CLICK, {"action_id": action_id, "value": value}, NOW)


@pytest.mark.parametrize(
    ("received", "name"),
    [
        (command("status redis"), "status"),
        (command("STATUS"), "status"),
        (command("status --nonsense"), "status"),
        (command(""), "help"),
        (command("hunter2 is my password"), "unknown"),
        (click("sfint:decide:approve", "run-1|hash"), "approve"),
        (click("sfint:ask:0", "restart-sentinel --target acme-prod"), "restart-sentinel"),
        (click("sfint:ask:0", "hunter2"), "unknown"),
        (click("sfint:runbook:0", "redis-failure"), "show-entry"),
        (click("forged", "hunter2"), "unknown"),
        (Received("s:1", Arrival.SUBMISSION, {"private_metadata": "run-1|hash"}, NOW), "deny"),
        (Received("s:1", Arrival.SUBMISSION, {"private_metadata": "hunter2"}, NOW), "unknown"),
    ],
    ids=str,
)
def test_the_name_is_a_word_of_ours(received: Received, name: str) -> None:
    """Labels are bounded by the catalogue."""
    assert request_name(received) == name


def test_the_last_word_on_the_outcome_counts() -> None:
    """An answer, unless something says otherwise on the way."""
    meter = Counted()
    with observed_request(command("status"), Telemetry(meter), Clock()):
        pass
    with observed_request(command("thaw"), Telemetry(meter), Clock()):
        answered_with(Answered.REFUSED)

    assert meter.told == [("command", "status", "answered", 10.0), ("command", "thaw", "refused", 10.0)]


def test_outside_of_a_request_nothing_is_said() -> None:
    """The terminal refuses too."""
    answered_with(Answered.REFUSED)


def test_a_request_that_is_cut_off_is_not_counted() -> None:
    """The next bot takes it up, and counts it."""
    meter = Counted()
    with pytest.raises(asyncio.CancelledError), observed_request(command("status"), Telemetry(meter), Clock()):
        raise asyncio.CancelledError

    assert meter.told == []


async def test_requests_at_the_same_time_do_not_mix() -> None:
    """Each task has its own outcome."""
    meter = Counted()
    both = asyncio.Barrier(2)

    async def work(text: str, how: Answered) -> None:
        with observed_request(command(text), Telemetry(meter), Clock()):
            answered_with(how)
            await both.wait()

    await asyncio.gather(work("status", Answered.FAILED), work("help", Answered.REFUSED))
    assert {(name, how) for _, name, how, _ in meter.told} == {("status", "failed"), ("help", "refused")}
