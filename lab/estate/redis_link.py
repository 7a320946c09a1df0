"""One question to one Redis or Sentinel on a connection of its own: the reply as it came."""

from __future__ import annotations

import asyncio
from typing import Any

REDIS_PORT = 6379
SENTINEL_PORT = 26379
PATIENCE_SECONDS = 1.0
REPLY_LIMIT = 16 * 1024 * 1024


class Refused(Exception):
    """An error reply; the text is the server's."""


async def ask(host: str, port: int, *words: str | int, password: str = "") -> Any:
    """The RESP2 reply: text, number, list or None; raises Refused for an error reply, OSError for silence."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            reader, writer = await asyncio.open_connection(host, port, limit=REPLY_LIMIT)
            try:
                if password:
                    await _exchange(reader, writer, ("AUTH", password))
                return await _exchange(reader, writer, words)
            finally:
                writer.close()
    except asyncio.IncompleteReadError as error:
        raise ConnectionResetError(f"{host}:{port} hung up") from error


async def ask_softly(host: str, port: int, *words: str | int, password: str = "") -> Any:
    """The same, but None for an error reply or silence."""
    try:
        return await ask(host, port, *words, password=password)
    except (Refused, OSError):
        return None


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, words: tuple[str | int, ...]
) -> Any:
    parts = [str(word).encode() for word in words]
    writer.write(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts))
    await writer.drain()
    reply = await _reply(reader)
    if isinstance(reply, Refused):
        raise reply
    return reply


async def _reply(reader: asyncio.StreamReader) -> Any:
    line = (await reader.readuntil(b"\r\n"))[:-2].decode()
    kind, rest = line[:1], line[1:]
    match kind:
        case "+":
            return rest
        case "-":
            return Refused(rest)
        case ":":
            return int(rest)
        case "$" if rest == "-1":
            return None
        case "$":
            return (await reader.readexactly(int(rest) + 2))[:-2].decode(errors="replace")
        case "*":
            return None if rest == "-1" else [await _reply(reader) for _ in range(int(rest))]
    raise ConnectionError(f"not RESP2: {line!r}")


def as_mapping(flat: Any) -> dict[str, str]:
    """A flat list of keys and values; empty for None."""
    texts = [str(each) for each in flat or []]
    return dict(zip(texts[::2], texts[1::2], strict=True))


def as_info(text: str | None) -> dict[str, str]:
    """The fields of an INFO reply; empty for None."""
    lines = (line.partition(":") for line in (text or "").splitlines() if line and line[0] != "#")
    return {key: value for key, _, value in lines}
