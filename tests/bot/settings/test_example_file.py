"""The example shows every setting, with its default where one would do for others as well."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args, get_origin

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bot.settings import Settings

TEXT = (Path(__file__).parents[3] / "sfint.example.yml").read_text(encoding="utf-8")


@dataclass(frozen=True)
class _Setting:
    """A field, where it stands in the settings, the lines of its section in the file, and what the file says."""

    path: str
    field: FieldInfo
    lines: str
    section: dict[str, Any]

    @property
    def name(self) -> str:
        """Its key."""
        return self.path.rpartition(".")[2]


def _bare(annotation: Any) -> Any:
    options = [option for option in get_args(annotation) if option is not type(None)]
    return options[0] if len(options) == 1 and not isinstance(annotation, type) else annotation


def _block(lines: str, key: str) -> str:
    """The line of that key and those that are further in; a comment that holds a key counts as one."""
    found = re.search(rf"^( *)((?:# )?){key}:.*\n(?:\1\2 +.*\n|\n)*", lines, re.MULTILINE)
    return found.group() if found else ""


def _settings(kind: type[BaseModel], lines: str, section: Any, path: str = "") -> Iterator[_Setting]:
    for attribute, field in kind.model_fields.items():
        name = field.alias or attribute
        inner, below = _bare(field.annotation), (section or {}).get(name)
        yield _Setting(f"{path}{name}", field, lines, section or {})
        if get_origin(inner) is dict and isinstance(below, dict):
            inner = _bare(get_args(inner)[1])
            below = {
                key: value for each in below.values() if isinstance(each, dict) for key, value in each.items()
            }
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _settings(inner, _block(lines, name), below, f"{path}{name}.")


EVERY = list(_settings(Settings, TEXT, yaml.safe_load(TEXT)))


def test_every_setting_stands_in_the_example() -> None:
    """In its section: as a key, or named in a comment there."""
    missing = [each.path for each in EVERY if not re.search(rf"\b{each.name}\b", each.lines)]

    assert len(EVERY) > 150
    assert missing == []


def test_numbers_and_switches_stand_there_with_their_defaults() -> None:
    """Who copies the file gets what would be there without it; names and addresses are examples."""
    shown = [each for each in EVERY if each.name in each.section and not each.field.is_required()]
    figures = [each for each in shown if isinstance(each.field.default, bool | int | float)]
    differing = [each.path for each in figures if each.section[each.name] != each.field.default]

    assert len(figures) > 80
    assert differing == []
