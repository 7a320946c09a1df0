"""The rollout algorithm for both kinds of workload."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.rollout import RolloutState, rollout_state
from bot.domain.workload import Kind, Workload, WorkloadRef


def _workload(kind: Kind = Kind.DEPLOYMENT, **changes: object) -> Workload:
    finished = Workload(
        ref=WorkloadRef(kind, "acme", "one"),
        uid="u",
        resource_version="1",
        generation=4,
        observed_generation=4,
        replicas=3,
        current_replicas=3,
        ready_replicas=3,
        updated_replicas=3,
        available_replicas=3,
        current_revision="one-b",
        update_revision="one-b",
        template_hash="",
        annotations={},
        selector={},
    )
    return replace(finished, **changes)  # type: ignore[arg-type]  # test data by name


@pytest.mark.parametrize("kind", list(Kind))
def test_a_finished_rollout_is_done(kind: Kind) -> None:
    """All counts equal the spec."""
    assert rollout_state(_workload(kind)).is_done


@pytest.mark.parametrize("kind", list(Kind))
def test_an_unseen_generation_is_progress_whatever_the_counts_say(kind: Kind) -> None:
    """The status still describes the generation before."""
    unseen = _workload(kind, generation=5, progress_deadline_exceeded=True)

    assert rollout_state(unseen).state is RolloutState.PROGRESSING


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"updated_replicas": 1}, "1 of 3 pods run the new template"),
        ({"current_replicas": 4}, "1 old pods have not gone yet"),
        ({"available_replicas": 2}, "2 of 3 new pods are available"),
    ],
)
def test_a_deployment_progresses_while_a_count_lags(changes: dict[str, object], words: str) -> None:
    """Updated, then old ones gone, then available: what is still missing is said."""
    rollout = rollout_state(_workload(**changes))

    assert (rollout.state, rollout.words) == (RolloutState.PROGRESSING, words)


def test_a_deployment_fails_at_its_progress_deadline() -> None:
    """ProgressDeadlineExceeded is Kubernetes' own verdict."""
    stuck = _workload(updated_replicas=1, progress_deadline_exceeded=True)

    assert rollout_state(stuck).state is RolloutState.FAILED


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ready_replicas": 2}, "2 of 3 pods are ready"),
        ({"current_revision": "one-a", "updated_replicas": 2}, "2 of 3 pods run the new template"),
        ({"replicas": 0}, "3 pods too many have not gone yet"),
    ],
)
def test_a_statefulset_progresses_while_something_lags(changes: dict[str, object], words: str) -> None:
    """At 0 the naive rule would pass at once: pods that are left count."""
    rollout = rollout_state(_workload(Kind.STATEFULSET, **changes))

    assert (rollout.state, rollout.words) == (RolloutState.PROGRESSING, words)


def test_a_statefulset_scaled_to_zero_is_done_when_no_pod_is_left() -> None:
    """`status.replicas` tells."""
    gone = _workload(Kind.STATEFULSET, replicas=0, current_replicas=0, ready_replicas=0)

    assert rollout_state(gone).is_done
