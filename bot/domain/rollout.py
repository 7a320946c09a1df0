"""How far a rollout has come, judged from one reading of the workload (what `kubectl rollout status` asks)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from bot.domain.workload import Kind, Workload


class RolloutState(StrEnum):
    """FAILED is Kubernetes' own word (ProgressDeadlineExceeded), never our impatience."""

    DONE = "done"
    PROGRESSING = "progressing"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Rollout:
    """Where the rollout stands, and why, in words for the progress card."""

    state: RolloutState
    words: str

    @property
    def is_done(self) -> bool:
        """True when every desired pod runs the newest template and is available."""
        return self.state is RolloutState.DONE


def rollout_state(workload: Workload) -> Rollout:
    """Judges one reading; the status is worth nothing until the controller has seen this generation."""
    if workload.observed_generation < workload.generation:
        return _progressing("the controller has not seen the change yet")
    match workload.ref.kind:
        case Kind.DEPLOYMENT:
            return _deployment(workload)
        case Kind.STATEFULSET:
            return _statefulset(workload)
        case other:
            assert_never(other)


def _deployment(one: Workload) -> Rollout:
    if one.progress_deadline_exceeded:
        return Rollout(RolloutState.FAILED, "Kubernetes gave up: the progress deadline was exceeded")
    if one.updated_replicas < one.replicas:
        return _progressing(f"{one.updated_replicas} of {one.replicas} pods run the new template")
    if one.current_replicas > one.updated_replicas:
        return _progressing(f"{one.current_replicas - one.updated_replicas} old pods have not gone yet")
    if one.available_replicas < one.updated_replicas:
        return _progressing(f"{one.available_replicas} of {one.updated_replicas} new pods are available")
    return _done(one)


def _statefulset(one: Workload) -> Rollout:
    if one.current_replicas > one.replicas:
        return _progressing(f"{one.current_replicas - one.replicas} pods too many have not gone yet")
    if one.ready_replicas < one.replicas:
        return _progressing(f"{one.ready_replicas} of {one.replicas} pods are ready")
    if one.update_revision != one.current_revision:
        return _progressing(f"{one.updated_replicas} of {one.replicas} pods run the new template")
    return _done(one)


def _progressing(words: str) -> Rollout:
    return Rollout(RolloutState.PROGRESSING, words)


def _done(one: Workload) -> Rollout:
    words = f"all {one.replicas} pods run the newest template" if one.replicas else "scaled to 0, no pod is left"
    return Rollout(RolloutState.DONE, words)
