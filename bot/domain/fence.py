"""The annotations that fence a workload: which run changes it, how far it is, and the count to restore."""

from __future__ import annotations

from collections.abc import Mapping

RUN = "sfint/run"
PHASE = "sfint/phase"
RESTORE = "sfint/restore-replicas"
RESTARTED_BY = "sfint/restarted-by"
RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"

PHASES = ("", "down", "first", "up")
"""In the order in which a run passes them; a run never goes back."""


def phase_of(annotations: Mapping[str, str], run_id: str) -> int:
    """How far this run is on the workload: an index into PHASES, 0 where another run, or none, wrote."""
    if annotations.get(RUN) != run_id:
        return 0
    phase = annotations.get(PHASE, "")
    return PHASES.index(phase) if phase in PHASES else 0


def unfinished_run(annotations: Mapping[str, str]) -> str:
    """The id of a run of ours that has taken the workload down and not brought it up yet; else empty."""
    return annotations.get(RUN, "") if annotations.get(PHASE) in ("down", "first") else ""


def count_to_restore(annotations: Mapping[str, str], desired: int, default: int) -> int:
    """The annotation of an unfinished run, else the spec's count, else the configured default; never 0."""
    noted = annotations.get(RESTORE, "")
    if unfinished_run(annotations) and noted.isdigit() and int(noted) > 0:
        return int(noted)
    return desired if desired > 0 else max(default, 1)
