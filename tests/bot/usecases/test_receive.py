"""One key a human act, whatever Slack, or what stands for it, puts into the trigger."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from bot.adapters.store.store import Store
from bot.domain.errors import Unreachable
from bot.usecases.receive import Arrival, Receive, Received, key_of_act

FACTS = {"user_id": "U0RITA001", "text": "status redis", "response_url": "https://hooks.slack.com/commands/T/1/a"}


def test_a_retry_has_the_key_of_the_first_delivery() -> None:
    """The same payload again, its fields in another order."""
    first = key_of_act(Arrival.COMMAND, "1.2.ab", FACTS)

    assert key_of_act(Arrival.COMMAND, "1.2.ab", dict(reversed(FACTS.items()))) == first
    assert first.startswith("command:1.2.ab.")


def test_acts_are_told_apart_without_a_trigger_of_their_own() -> None:
    """A trigger that is missing, or that of another act, hides no command."""
    other = FACTS | {"text": "status kafka"}
    again = FACTS | {"response_url": "https://hooks.slack.com/commands/T/1/b"}
    keys = [
        key_of_act(Arrival.COMMAND, trigger, act) for trigger in ("1.2.ab", None) for act in (FACTS, other, again)
    ]

    assert len(set(keys)) == 6
    assert all(key.startswith("command:") for key in keys)


def test_the_same_question_without_any_mark_is_a_new_one() -> None:
    """Else the second would be lost as a retry of the first."""
    unmarked = FACTS | {"response_url": ""}

    assert key_of_act(Arrival.COMMAND, None, unmarked) != key_of_act(Arrival.COMMAND, None, unmarked)


class _SlowInbox:
    """Writes when it is told to, and counts how often it was asked; nothing else of an inbox is used here."""

    def __init__(self) -> None:
        self.asked = 0
        self.may_write = asyncio.Event()
        self.is_broken = False

    async def record(self, received: Received) -> bool:
        """True for every row, as each is new."""
        self.asked += 1
        await self.may_write.wait()
        if self.is_broken:
            raise Unreachable("the disk is full")
        return True


def _received() -> Received:
    return Received("command:1.2.ab", Arrival.COMMAND, FACTS, datetime.now(UTC))


async def test_copies_that_come_together_are_one_write() -> None:
    """One of them is new; all are told after the row is committed."""
    inbox = _SlowInbox()
    receive = Receive(inbox, lambda: None)
    copies = [asyncio.create_task(receive(_received())) for _ in range(200)]
    await asyncio.sleep(0)
    assert not any(copy.done() for copy in copies)
    inbox.may_write.set()

    assert sorted(await asyncio.gather(*copies)) == [False] * 199 + [True]
    assert inbox.asked == 1


async def test_no_copy_is_taken_when_the_write_fails_and_the_next_delivery_may_succeed() -> None:
    """Nothing is acknowledged that is not on the disk."""
    inbox = _SlowInbox()
    inbox.is_broken = True
    inbox.may_write.set()
    receive = Receive(inbox, lambda: None)
    ends = await asyncio.gather(*(receive(_received()) for _ in range(5)), return_exceptions=True)
    inbox.is_broken = False

    assert [type(end) for end in ends] == [Unreachable] * 5
    assert await receive(_received())


async def test_whoever_hangs_up_takes_no_copy_along(store: Store) -> None:
    """The first delivery's request is cancelled; the row is written all the same."""
    woken: list[bool] = []
    receive = Receive(store.inbox, lambda: woken.append(True))
    first = asyncio.create_task(receive(_received()))
    copy = asyncio.create_task(receive(_received()))
    await asyncio.sleep(0)
    first.cancel()

    assert await copy is False
    assert len(await store.inbox.pending()) == 1
    assert woken
