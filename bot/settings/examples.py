"""Finds, for a path into the configuration, the names that belong there and an example that would be right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum, StrEnum
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

Part = int | str


def example_at(root: type[BaseModel], path: Sequence[Part]) -> str:
    """An example for the setting at `path` below `root`; empty for a section."""
    field = _field_at(root, path)
    if field is None:
        return ""
    if field.examples:
        return str(field.examples[0])
    default = field.get_default(call_default_factory=False)
    return _shown(default)


def names_at(root: type[BaseModel], path: Sequence[Part]) -> tuple[str, ...]:
    """The keys that the section at `path` knows; for a map with fixed keys, those."""
    kind = _kind_at(root, path)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return tuple(_fields(kind))
    keys = get_args(kind)
    if get_origin(kind) is dict and isinstance(keys[0], type) and issubclass(keys[0], StrEnum):
        return tuple(member.value for member in keys[0])
    return ()


def _shown(default: object) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, Enum):
        return str(default.value)
    if isinstance(default, str | int | float) and default != "":
        return str(default)
    return ""


def _field_at(root: type[BaseModel], path: Sequence[Part]) -> FieldInfo | None:
    """The field that the path ends in; a list's item shares the field of its list."""
    names = [part for part in path if isinstance(part, str)]
    if not names:
        return None
    kind = _kind_at(root, names[:-1])
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return _fields(kind).get(names[-1])
    return None


def _kind_at(root: type[BaseModel], path: Sequence[Part]) -> Any:
    kind: Any = root
    for part in path:
        kind = _step(kind, part)
    return kind


def _fields(kind: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields by the name that the file uses."""
    return {field.alias or name: field for name, field in kind.model_fields.items()}


def _step(kind: Any, part: Part) -> Any:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        field = _fields(kind).get(str(part))
        return _bare(field.annotation) if field else None
    if get_origin(kind) is dict:
        return _bare(get_args(kind)[1])
    return None


def _bare(annotation: Any) -> Any:
    """Without `| None`: the section or map itself."""
    options = [option for option in get_args(annotation) if option is not type(None)]
    return options[0] if len(options) == 1 and not isinstance(annotation, type) else annotation


def secret_names(kind: type[BaseModel]) -> frozenset[str]:
    """The names of all settings below `kind` that hold a secret: these may be given as `<name>_file`."""
    names: set[str] = set()
    for name, field in kind.model_fields.items():
        if _mentions_secret(field.annotation):
            names.add(name)
        for section in _sections(field.annotation):
            names |= secret_names(section)
    return frozenset(names)


def _mentions_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(_mentions_secret(part) for part in get_args(annotation))


def _sections(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [section for part in get_args(annotation) for section in _sections(part)]


def secret_values(value: object) -> list[str]:
    """Every secret held anywhere below `value`, empty ones left out."""
    if isinstance(value, SecretStr):
        return [value.get_secret_value()] if value.get_secret_value() else []
    if isinstance(value, BaseModel):
        return [found for name in type(value).model_fields for found in secret_values(getattr(value, name))]
    if isinstance(value, Mapping):
        return [found for item in value.values() for found in secret_values(item)]
    if isinstance(value, tuple | list):
        return [found for item in value for found in secret_values(item)]
    return []
