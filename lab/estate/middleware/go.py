"""How Go prints things: maps, structs, dial errors and panics, as the middleware's logs show them."""

from __future__ import annotations

import errno
from collections.abc import Mapping

_ERRNO_WORDS = {
    errno.ECONNREFUSED: "connect: connection refused",
    errno.EHOSTUNREACH: "connect: no route to host",
    errno.ENETUNREACH: "connect: network is unreachable",
}


def value(thing: object) -> str:
    """`%v`: maps sorted by key, slices without commas, nil in angle brackets."""
    if isinstance(thing, Mapping):
        return "map[" + " ".join(f"{key}:{value(thing[key])}" for key in sorted(thing)) + "]"
    if isinstance(thing, list | tuple):
        return "[" + " ".join(value(item) for item in thing) + "]"
    if thing is None:
        return "<nil>"
    return str(thing).lower() if isinstance(thing, bool) else str(thing)


def struct(name: str, **fields: str) -> str:
    """`%#v` of a struct of strings: `name{A:"x", B:"y"}`. This is where the real one leaks its secrets."""
    return name + "{" + ", ".join(f'{key}:"{text}"' for key, text in fields.items()) + "}"


def dial_error(error: BaseException, address: str) -> str:
    """The text of net.OpError for a failed dial of `host:port`."""
    if isinstance(error, TimeoutError):
        return f"dial tcp {address}: i/o timeout"
    number = error.errno if isinstance(error, OSError) else None
    words = _ERRNO_WORDS.get(number) if number is not None else None
    return f"dial tcp {address}: {words or f'connect: {error}'}"


def panic(message: str) -> str:
    """What the runtime prints before it exits with 2."""
    return f"panic: {message}\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/cmd/server/main.go:41 +0x2c5\n"
