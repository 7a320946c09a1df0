"""The kubelet's crash-loop back-off: 10s, doubled up to 5m0s, forgotten after ten good minutes."""

from __future__ import annotations

FIRST_SECONDS = 10
MAX_SECONDS = 300
RESET_SECONDS = 600


class CrashBackOff:
    """Counts one container's crashes; all numbers are nominal seconds."""

    def __init__(self) -> None:
        self._next = 0

    def after_crash(self, ran_seconds: float) -> int:
        """How long to wait before the next start; 0 for the first crash in a while."""
        if ran_seconds >= RESET_SECONDS:
            self._next = 0
        wait = self._next
        self._next = min(MAX_SECONDS, wait * 2) if wait else FIRST_SECONDS
        return wait

    def age(self) -> None:
        """Behave as after hours of crashing."""
        self._next = MAX_SECONDS
