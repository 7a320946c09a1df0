"""Finds secrets that are written out in a configuration file which others on the machine may read."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.settings.examples import secret_names
from bot.settings.schema import Settings
from bot.settings.sources import read_file

_ELSEWHERE = ("env:", "file:")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def exposed_secrets(path: Path) -> str:
    """A warning that names the settings, never their values; empty where all is well or there is no file."""
    try:
        is_open = bool(path.stat().st_mode & _OTHERS)
    except OSError:
        return ""  # whoever loads the settings says so
    tree, _ = read_file(path)
    named = sorted(set(_written_out(tree, "", secret_names(Settings)))) if is_open else []
    if not named:
        return ""
    return f"{path} may be read by others and holds secrets ({', '.join(named)}): chmod 600, or name env: or file:"


def _written_out(value: Any, path: str, secrets: frozenset[str]) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _written_out(item, f"{path}.{key}" if path else str(key), secrets)
    elif isinstance(value, list):
        for item in value:
            yield from _written_out(item, path, secrets)
    elif path.rpartition(".")[2] in secrets and value and not str(value).startswith(_ELSEWHERE):
        yield path
