"""The X-LIVEAGENT headers: which of them a request must carry, and what LiveAgent says to a bad one."""

from __future__ import annotations

from aiohttp import web

VERSION, AFFINITY = "X-LIVEAGENT-API-VERSION", "X-LIVEAGENT-AFFINITY"
SESSION_KEY, SEQUENCE = "X-LIVEAGENT-SESSION-KEY", "X-LIVEAGENT-SEQUENCE"
NO_AFFINITY_YET = "null"


def require_version(request: web.Request) -> None:
    """400 without one."""
    if not request.headers.get(VERSION, "").strip():
        raise web.HTTPBadRequest(text="No version header found")


def require_no_affinity(request: web.Request) -> None:
    """The literal `null` of a client that has no server yet; 400 for anything else."""
    if request.headers.get(AFFINITY) != NO_AFFINITY_YET:
        raise web.HTTPBadRequest(text="No affinity header found")


def require_affinity(request: web.Request, token: str) -> None:
    """503 means: the session lives on another server now, so reconnect."""
    if request.headers.get(AFFINITY) != token:
        raise web.HTTPServiceUnavailable(text="")


def sequence_of(request: web.Request) -> int:
    """The number of a POST. The words of the 400 are a guess; that one is required is documented."""
    text = request.headers.get(SEQUENCE, "")
    if not text.isdigit():
        raise web.HTTPBadRequest(text="No sequence header found")
    return int(text)
