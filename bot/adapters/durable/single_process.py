"""One live process a SQLite file: two with the same executor id would run a step twice (measured)."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from bot.domain.errors import AccessDenied


class AlreadyRunning(Exception):
    """Another process, perhaps a frozen one, holds the lock."""


def hold_alone(path: Path) -> IO[str]:
    """Takes the lock file for as long as the returned file stays open; the kernel frees it at any death.

    A frozen process (SIGSTOP) keeps it: there is no take-over on SQLite, that process must be ended first.
    Raises AlreadyRunning with the process id that holds it.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = open(path, "a+", opener=_private)  # noqa: SIM115  (it stays open as long as the process lives)
    except OSError as error:
        raise AccessDenied(
            f"store.directory: {path.parent} cannot be written ({error.strerror}); name a directory that this user"
            " owns, e.g. /var/lib/sfint"
        ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        raise AlreadyRunning(
            f"another sfint (process {holder}) holds {path}; end it first: two bots on one database would"
            " carry out a repair twice"
        ) from error
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
