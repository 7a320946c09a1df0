"""What a scenario is: one failure, what must be said about it, and what heals it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import lab.scenarios
from lab.world import World

Act = Callable[[World], Awaitable[None]]
Question = Callable[[World], Awaitable[bool]]


@dataclass(frozen=True)
class Scenario:
    """Defined as `SCENARIO` in a module of `lab/scenarios/` whose stem is its name.

    `team` empty means that nobody may be paged: the entry then comes from the worst finding that is not ok.
    `repairs` are the commands that a requester types and an approver approves, in order; empty where the bot
    has none. `heal` is what people do by hand, before the repairs where there are some. `is_healed` asks the
    estate itself, never the bot.
    """

    summary: str
    entry: str
    team: str
    break_it: Act
    is_healed: Question
    repairs: tuple[str, ...] = ()
    heal: Act | None = None
    advises: str = ""
    """A text that the answer to `/sfint restart-sentinel` must carry where that command has no plan."""
    ask: str = "/sfint status"
    """The command whose answer must name the entry."""
    window: float = 0.0
    """Seconds that the failure must last, by the lab's settings, before it may be told: so long it is asked
    again, and the time counts from the first question.
    """
    beside: tuple[str, ...] = ()
    """Other entries that may be failing, too, because they really are."""


def collect() -> Mapping[str, Scenario]:
    """Name -> scenario, in alphabetical order."""
    found = {}
    for info in sorted(pkgutil.iter_modules(lab.scenarios.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"lab.scenarios.{info.name}")
        found[info.name.replace("_", "-")] = module.SCENARIO
    return found
