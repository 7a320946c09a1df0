"""What Kubernetes answers where it has no log: there never was one, it is gone, or the node could not be asked.

"There is none" and "could not be asked" must not be taken for each other: a log without a line is a quiet one.
"""

from __future__ import annotations

import re

from bot.domain.errors import BadAnswer, NotFound, SfintError, Unreachable

_NEVER_RAN = re.compile(
    r'previous terminated container|is waiting to start|container "\S+" in pod "\S+" is terminated$'
)
"""The kubelet's 400s: no earlier container, none yet, and one that ended before it had an id (evicted)."""
_UNKNOWN = re.compile(r'^Kubernetes: (?:nodes|pods) "(?P<name>[^"]+)" not found')
_EXCUSE = re.compile(
    r'unable to retrieve container logs for \S+|failed to (?:try resolving symlinks in path|open log file) ".*'
)
"""The kubelet begins with HTTP 200 before it looks for the file, so these stand where the log would."""


def reason_for_no_log(error: NotFound | BadAnswer, pod: str) -> SfintError:
    """What a refusal means; itself where it is none of those that are known."""
    unknown = _UNKNOWN.match(str(error))
    if unknown and unknown["name"] != pod:
        # A 404 that names the node: its pods stay on the list for a while.
        return Unreachable(f"the node {unknown['name']} is gone, and the log of {pod} with it")
    return NotFound(str(error)) if _NEVER_RAN.search(str(error)) else error


def checked_log(text: str, pod: str, *, previous: bool) -> str:
    """The log, unless it is the node's excuse for having none. NotFound where an earlier run was asked for."""
    if not _EXCUSE.fullmatch(text):
        return text
    if previous:
        raise NotFound(f"the log of {pod} before its restart is gone: {text}")
    raise Unreachable(f"the node cannot read the log of {pod}: {text}")
