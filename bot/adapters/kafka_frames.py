"""What the bot and the process that asks Kafka say to each other, through pipes that nobody else has."""

from __future__ import annotations

import asyncio
import pickle
import struct
from dataclasses import dataclass
from typing import Any

from bot.adapters.kafka_login import KafkaLogin
from bot.domain.errors import SfintError

_LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class KafkaKey:
    """Which cluster, by which account, with how much patience; equal ones share a client."""

    login: KafkaLogin
    deadline_seconds: float


@dataclass(frozen=True, slots=True)
class Request:
    """One question; `method` is one of Stream's or Traffic's."""

    number: int
    key: KafkaKey
    method: str
    arguments: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """Its answer: a value, or what was raised instead."""

    number: int
    value: Any = None
    problem: SfintError | None = None


def written(message: Request | Reply) -> bytes:
    """A frame: its length in four bytes, then the message."""
    body = pickle.dumps(message)
    return _LENGTH.pack(len(body)) + body


async def read_frame(stream: asyncio.StreamReader) -> Any:
    """The next message; asyncio.IncompleteReadError at the end."""
    (length,) = _LENGTH.unpack(await stream.readexactly(_LENGTH.size))
    return pickle.loads(await stream.readexactly(length))  # noqa: S301  from our own process, by a pipe of ours
