"""Marks and finds checks: a decorator that only stores facts, and a walk through this package."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import bot.checks
from bot.domain.finding import Finding
from bot.domain.target import Target
from bot.ports.estate import Estate

Ask = Callable[[Target, Estate], Awaitable[Finding]]
Applies = Callable[[Target, Estate], bool]
_MARK = "__sfint_check__"


def _to_every_target(target: Target, estate: Estate) -> bool:
    del target, estate
    return True


@dataclass(frozen=True, slots=True)
class Check:
    """A check as the rest of the bot sees it. `codes` are all finding codes it can give; `doc` is for users.

    `run` may raise any SfintError: whoever runs checks turns it into an UNKNOWN finding that names what could
    not be asked, and does the same at the deadline, so that a check only says what it saw.
    """

    name: str
    component: str
    codes: tuple[str, ...]
    doc: str
    run: Ask
    applies: Applies = _to_every_target
    """False for a target whose settings do not name the system: then nothing is asked and nothing is said."""


def check(
    name: str, *, component: str, codes: tuple[str, ...], applies: Applies = _to_every_target
) -> Callable[[Ask], Ask]:
    """Marks an async function as a check; nothing is registered at import."""

    def mark(ask: Ask) -> Ask:
        setattr(ask, _MARK, Check(name, component, codes, inspect.getdoc(ask) or "", ask, applies))
        return ask

    return mark


def collect() -> tuple[Check, ...]:
    """Every check of this package, by name. Two of one name are a defect and raise ValueError."""
    found: dict[str, Check] = {}
    for info in pkgutil.iter_modules(bot.checks.__path__):
        module = importlib.import_module(f"bot.checks.{info.name}")
        for value in vars(module).values():
            marked = getattr(value, _MARK, None)
            if isinstance(marked, Check):
                if marked.name in found:
                    raise ValueError(f"two checks are named {marked.name}")
                found[marked.name] = marked
    return tuple(found[name] for name in sorted(found))
