"""What an image means in the lab: how its process starts, and when it is ready."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Container:
    """What a runtime is told about the container that it has to start."""

    namespace: str
    pod: str
    pod_uid: str
    pod_ip: str
    name: str
    image: str
    env: Mapping[str, str]
    mounts: Mapping[str, Path]
    """Directories by mountPath."""
    command: Sequence[str]
    args: Sequence[str]
    say: Callable[[str], None]
    """Adds a line to the container's log, as its start-up script would."""


@dataclass(frozen=True)
class Launch:
    """The process to start. `env` is the whole environment, except PATH, which is inherited if absent."""

    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None


@dataclass(frozen=True)
class Runtime:
    """How to run an image.

    `launch` may prepare files first; StartFailed from it ends the container with exit code 1 and the reason
    in its log. Without `launch` there is no process: the container just runs, and `post_start` may do its work.
    `ready` is asked at every probe when the container has no readinessProbe of its own that the kubelet can do
    (httpGet, tcpSocket). `post_start` runs beside the process from its start and is dropped at its end;
    `pre_stop` runs before SIGTERM, within the grace period.
    """

    launch: Callable[[Container], Awaitable[Launch]] | None = None
    ready: Callable[[Container], Awaitable[bool]] | None = None
    post_start: Callable[[Container], Awaitable[None]] | None = None
    pre_stop: Callable[[Container], Awaitable[None]] | None = None


class StartFailed(Exception):
    """A start-up script that gave up; the text goes to the container's log."""


IDLE = Runtime()
"""For images of which only the pod matters: no process, always ready."""
