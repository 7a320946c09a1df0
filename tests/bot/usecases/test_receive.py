"""One key a human act, whatever Slack, or what stands for it, puts into the trigger."""

from __future__ import annotations

from bot.usecases.receive import Arrival, key_of_act

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
