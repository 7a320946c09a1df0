"""Finds the steps: every class with a released `id` in a module of this package."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from typing import cast

import bot.steps
from bot.ports.step import Step


def collect() -> Mapping[str, Step]:
    """Released id -> step. Two steps with one id are a defect and raise ValueError."""
    found: dict[str, Step] = {}
    for step in _steps():
        if step.id in found:
            raise ValueError(f"two steps have the id {step.id}")
        found[step.id] = step
    return found


def _steps() -> Iterator[Step]:
    for module_info in pkgutil.iter_modules(bot.steps.__path__):
        module = importlib.import_module(f"bot.steps.{module_info.name}")
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if kind.__module__ == module.__name__ and isinstance(getattr(kind, "id", None), str):
                yield cast(Step, kind())
