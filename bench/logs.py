"""A log as the middleware writes it: logrus' JSON lines, most of them well, some that signatures are made for."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

MEGABYTE = 1_000_000
_BLOCK_BYTES = 32 * MEGABYTE
"""What is made of different lines; a longer log repeats it. More than any cache of the processor holds."""
_PER_THOUSAND_KNOWN = 10
_PER_THOUSAND_NEAR = 10
_WELL = (
    "Get chat events",
    "Not content events",
    "Send message to agent",
    "Message of the customer received",
    "Chat request accepted by the queue",
    "Interconnection updated",
    "Event [ChatMessage]",
    "Event [QueueUpdate]",
    "Long polling answered 200",
    "contact found in salesforce",
    "case created in salesforce",
    "health check ok",
    "¿Cómo está mi pedido? Se envió a la cola de atención",
)
_KNOWN = (
    "could not get access token : Error call with status-[400] : "
    "map[error:invalid_grant error_description:authentication failure]",
    "Error call with status : [map[errorCode:INVALID_OPERATION_WITH_EXPIRED_PASSWORD "
    "message:The users password has expired]]",
    "could not create chat in salesforce : not create account : Error call with status-[401] : "
    "[map[errorCode:INVALID_AUTH_HEADER message:INVALID_HEADER_TYPE]]",
    "Could not update status in interconnection userID[u-{n}]-client[acme] from redis : "
    "[dial tcp 10.0.{n}.7:6379: connect: no route to host]",
    "could not create chat in salesforce : This contact is blocked",
    "Event [ChatRequestFail] : [Unavailable]",
    "[403] - Error call with status : Session required but was invalid or not found",
    "[reading_err:Local: All broker connections are down][topic:integrations_passthrough_messages]",
)
_NEAR = (
    "INVALID_SESSION_ID on the first call, logged in again",
    "GET /orders answered 403 Forbidden",
    "dial tcp 10.0.{n}.9:8080: connect: connection refused",
    "group integrations rebalanced, generation {n}",
    "back-off 10s restarting failed container=web pod=storefront-{n}",
    "the customer says that the chat is blocked by an error",
    "password of the storefront expires in {n} days",
    "authentication of agent {n} took 2 s",
)


def write_log(path: Path, size: int) -> None:
    """`size` bytes or up to a line more, one line in fifty a known failure or something near one."""
    dice = random.Random(4)  # noqa: S311  the same log in every run
    lines: list[bytes] = []
    made = 0
    while made < min(size, _BLOCK_BYTES):
        lines.append(_line(dice, len(lines)))
        made += len(lines[-1])
    block = b"".join(lines)
    with path.open("wb") as file:
        for _ in range(size // len(block)):
            file.write(block)
        rest = size % len(block)
        file.write(block[: block.find(b"\n", rest) + 1] if rest else b"")


def _line(dice: random.Random, number: int) -> bytes:
    chance = dice.randrange(1000)
    if chance < _PER_THOUSAND_KNOWN:
        severity, message = "error", dice.choice(_KNOWN)
    elif chance < _PER_THOUSAND_KNOWN + _PER_THOUSAND_NEAR:
        severity, message = "warning", dice.choice(_NEAR)
    else:
        severity, message = "info", dice.choice(_WELL)
    number_of = dice.randrange
    fields = {
        "bot": f"bot-{number_of(40)}",
        "client": dice.choice(("acme", "globex", "initech")),
        "elapsed": f"{number_of(900)}.{number_of(1000):03}ms",
        "msg": message.replace("{n}", str(number_of(250))),
        "provider": dice.choice(("whatsapp", "facebook")),
        "severity": severity,
        "span_id": f"{number_of(2**63)}",
        "time": f"2026-11-22T{number // 360000 % 24:02}:{number // 6000 % 60:02}:{number // 100 % 60:02}Z",
        "trace_id": f"{number_of(2**63)}",
        "userID": _user(dice),
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _user(dice: random.Random) -> str:
    kinds: tuple[Callable[[], str], ...] = (
        lambda: f"521{dice.randrange(10**9, 10**10)}",
        lambda: f"u-{dice.randrange(10**6)}",
        lambda: f"fb-{dice.randrange(10**12)}",
    )
    return dice.choice(kinds)()
