"""Translates what a Kubernetes API server refuses, or fails to say, into the error tree with clear words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from bot.domain.errors import (
    AccessDenied,
    BadAnswer,
    Conflict,
    NotFound,
    RateLimited,
    SfintError,
    Unreachable,
)

_FORBIDDEN = re.compile(r'cannot (?P<verb>\w+) resource "(?P<resource>[^"]+)"')
_EXCERPT_CHARACTERS = 200


class ListExpired(BadAnswer):
    """The server forgot where a long list was continued: begin it anew."""


class TokenRefused(AccessDenied):
    """401: the token is unknown or has expired."""


def status_error(what: str, code: int, headers: Mapping[str, str], body: bytes) -> SfintError:
    """The error for an HTTP answer of 300 or more; `what` names the request, e.g. `list pods in acme`.

    Errors are `Status` objects (`message`, `reason`, `details`); anything else came from something in between.
    """
    status = _status(body)
    said = str(status.get("message") or "") if status else ""
    if code in (401, 403) and was_the_node(body):
        return Unreachable(f"the node refused Kubernetes itself, not us (asked to {what}): {said}")
    if code == 403:
        return AccessDenied(_forbidden(what, said))
    if code == 404 and status:
        return NotFound(f"Kubernetes: {said or 'not found'} (asked to {what})")
    if code == 409:
        return Conflict(f"Kubernetes: {said or 'the object has been modified'} (asked to {what})")
    if code == 410:
        return ListExpired(f"Kubernetes: {said or 'the list has expired'} (asked to {what})")
    if code == 429:
        return RateLimited(f"Kubernetes asks us to slow down (asked to {what})", _retry_after(headers))
    if code >= 500:
        return Unreachable(f"Kubernetes answered {code} (asked to {what}): {said or excerpt(body)}")
    return BadAnswer(f"Kubernetes answered {code} (asked to {what}): {said or excerpt(body)}")


def was_the_node(body: bytes) -> bool:
    """Whether a refusal is the kubelet's, handed on: of those alone the details name a subresource, `pods/log`.

    The API server itself refuses before it looks at a resource (401), or names the object alone (403).
    """
    details = (_status(body) or {}).get("details")
    return isinstance(details, dict) and "/" in str(details.get("kind") or "")


def excerpt(body: bytes) -> str:
    """The beginning of a body on one line, for evidence."""
    text = " ".join(body[: _EXCERPT_CHARACTERS * 4].decode("utf-8", "replace").split())
    return text[:_EXCERPT_CHARACTERS] or "an empty body"


def _status(body: bytes) -> Mapping[str, object] | None:
    try:
        document = json.loads(body)
    except ValueError:
        return None
    return document if isinstance(document, dict) and document.get("kind") == "Status" else None


def _forbidden(what: str, said: str) -> str:
    found = _FORBIDDEN.search(said)
    if found:
        return f"Kubernetes does not allow us to {found['verb']} {found['resource']} (asked to {what}): {said}"
    return f"Kubernetes does not allow us to {what}: {said or 'forbidden'}"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("Retry-After", "")
    return float(value) if value.isdigit() else None
