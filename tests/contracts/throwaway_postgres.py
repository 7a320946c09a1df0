"""A PostgreSQL cluster in a temporary directory, reached through a socket in it, that dies with this process."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

_PR_SET_PDEATHSIG = 1


@contextmanager
def cluster() -> Iterator[Path]:
    """Yields the directory of the socket; a machine without PostgreSQL fails the tests that ask for it."""
    binaries = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), default=None)
    assert binaries is not None, "install the package postgresql: the store is tested on it as well"
    user = "postgres" if os.geteuid() == 0 else None  # the server refuses to run as root
    home = Path(tempfile.mkdtemp(prefix="sfint-pg-"))
    try:
        if user:
            shutil.chown(home, user)
        data = home / "data"
        made = [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8"]
        subprocess.run([*made, "--locale=C"], user=user, cwd=home, check=True, capture_output=True)
        serve = [binaries / "postgres", "-D", data, "-k", home, "-c", "listen_addresses=", "-c", "fsync=off"]
        with (home / "log").open("wb") as log:
            server = subprocess.Popen(
                serve, user=user, cwd=home, stdout=log, stderr=log, preexec_fn=_die_with_the_parent
            )
        try:
            _wait_until_it_answers(home, server)
            yield home
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=20)
    finally:
        shutil.rmtree(home)


def create_database(home: Path, name: str) -> str:
    """Creates an empty database; returns its address for SQLAlchemy."""
    with psycopg.connect(f"host={home} user=postgres dbname=postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return f"postgresql+psycopg://postgres@/{name}?host={home}"


def _wait_until_it_answers(home: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and server.poll() is None:
        try:
            psycopg.connect(f"host={home} user=postgres dbname=postgres").close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise AssertionError((home / "log").read_text())


def _die_with_the_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
