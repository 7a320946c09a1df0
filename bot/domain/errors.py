"""The one error tree; adapters translate what their SDK raises into it with `raise … from`.

SfintError
├── Unreachable            could not ask: network, timeout, 5xx (a finding becomes `unknown`)
├── AccessDenied           asked, and was refused: 401 or 403 (the message says which permission is missing)
├── NotFound               the thing asked for does not exist
├── Conflict               somebody else wrote first (resourceVersion); read again, then decide anew
├── BadAnswer              answered with something that the contract does not know
├── RateLimited            asked to slow down; `retry_after_seconds` when the peer named it
├── RunStopped             a step found that going on would be wrong; the run compensates and says why
└── NothingToRestore       a compensation found that this run had changed nothing
"""

from __future__ import annotations


class SfintError(Exception):
    """Root of everything this program raises on purpose; the text is safe to show after redaction."""


class Unreachable(SfintError):
    """The peer could not be asked."""


class AccessDenied(SfintError):
    """The peer refused us."""


class NotFound(SfintError):
    """The peer says that there is no such thing."""


class Conflict(SfintError):
    """A conditional write lost: the object changed since it was read."""


class BadAnswer(SfintError):
    """The peer answered outside its contract."""


class RateLimited(SfintError):
    """The peer, or our own limiter, asks us to wait."""

    def __init__(self, message: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class RunStopped(SfintError):
    """A precondition or a verification failed; the run stops here and restores what it must."""


class NothingToRestore(SfintError):
    """This run has changed nothing on the workload, or it is not the same workload any more: it is let be."""
