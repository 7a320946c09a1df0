"""Marks and finds remediations; their names are the commands and what runbook entries offer."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import bot.remediations
from bot.domain.remediation import NoPlan, Plan
from bot.domain.target import Target
from bot.ports.estate import Estate

Planner = Callable[[Target, Estate], Awaitable[Plan | NoPlan]]
_MARK = "__sfint_remediation__"


class Confirmation(Protocol):
    """Seconds after which a second, equal plan is asked for before a card is shown."""

    def __call__(self, target: Target, plan: Plan) -> float: ...


@dataclass(frozen=True, slots=True)
class Remediation:
    """A command that plans a repair."""

    name: str
    plan: Planner
    confirm_after: Confirmation


def at_once(target: Target, plan: Plan) -> float:
    """One reading is enough."""
    del target, plan
    return 0.0


def remediation(name: str, *, confirm_after: Confirmation = at_once) -> Callable[[Planner], Planner]:
    """Marks a planner; nothing is registered at import."""

    def mark(planner: Planner) -> Planner:
        setattr(planner, _MARK, Remediation(name, planner, confirm_after))
        return planner

    return mark


def collect() -> Mapping[str, Remediation]:
    """Name -> remediation, from every module of this package."""
    found: dict[str, Remediation] = {}
    for info in pkgutil.iter_modules(bot.remediations.__path__):
        module = importlib.import_module(f"bot.remediations.{info.name}")
        for value in vars(module).values():
            marked = getattr(value, _MARK, None)
            if isinstance(marked, Remediation):
                found[marked.name] = marked
    return found
