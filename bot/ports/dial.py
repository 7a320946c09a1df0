"""How a port of a pod becomes a byte stream: directly, or through the Kubernetes API."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from bot.domain.errors import SfintError
from bot.domain.workload import Pod


def _knows_no_problem() -> SfintError | None:
    return None


@dataclass(frozen=True, slots=True)
class Dialled:
    """A connected, non-blocking socket, good for one connection.

    `problem` is what the way there has said about a failure so far: a forwarded port is refused only after the
    stream has begun, and the reader then sees no more than its end.
    """

    socket: socket.socket
    problem: Callable[[], SfintError | None] = _knows_no_problem


class Dial(Protocol):
    """Closes what it opened with the block; raises Unreachable, AccessDenied, NotFound, BadAnswer or OSError."""

    def __call__(self, pod: Pod, port: int) -> AbstractAsyncContextManager[Dialled]:
        """Opens the way to that port of the pod."""
