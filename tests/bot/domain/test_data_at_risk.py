"""When scaling to zero could lose data, so that an approver has to accept it; told from what each Redis said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.data_at_risk import data_at_risk
from bot.domain.redis_topology import RedisView
from bot.domain.workload import Kind, Workload, WorkloadRef
from tests.bot.domain.redis_world import DEAD, master, observed, pod, replica, silent_node

OLD, NEW = "a" * 40, "b" * 40


def redis_of(*mounts: tuple[str, tuple[str, ...]], when_scaled: str = "") -> Workload:
    """The StatefulSet with these claims mounted."""
    ref = WorkloadRef(Kind.STATEFULSET, "integrations", "node")
    return Workload(
        ref, "uid", "1", 1, 1, 3, 3, 3, 3, 3, "r", "r", "hash", {}, {},
        when_scaled=when_scaled, claim_mounts=dict(mounts),
    )  # fmt: skip


KEPT = redis_of(("redis", ("/data",)), ("sentinel", ()))


def saved(view: RedisView, **changes: object) -> RedisView:
    """The same Redis with persistence and a history."""
    kept = replace(view, save_rules="900 1", replication_id=OLD, keys=50)
    return replace(kept, **changes)  # type: ignore[arg-type]  # test data by name


def lost(number: int, **changes: object) -> RedisView:
    """A replica whose master is gone."""
    return saved(replica(number, DEAD, linked=False), **changes)


def risks(*nodes: RedisView, workload: Workload = KEPT) -> tuple[str, ...]:
    """What is judged of three pods."""
    return data_at_risk(observed(nodes=nodes), workload, "redis")


def test_nothing_is_at_risk_while_pod_0_holds_all_that_any_pod_holds() -> None:
    """The gentlest case: nobody has to accept anything."""
    assert risks(lost(0, offset=100), lost(1, offset=100), lost(2, offset=90)) == ()


def test_pod_0_behind_another_pod_is_named_with_both_offsets() -> None:
    """It would come up first, become master, and the newer data would be thrown away."""
    (reason,) = risks(lost(0, offset=90), lost(1, offset=100), lost(2, offset=95))

    assert reason.startswith("pod 0 is behind node-1: offset 90 ")
    assert " against 100 " in reason


def test_linked_pods_may_differ_by_what_is_on_the_way() -> None:
    """Else a busy master would need the acceptance of a loss in one reading and not in the next."""
    linked = (
        saved(replica(0, "10.0.0.2"), offset=99),
        saved(master(1), offset=140),
        saved(replica(2, "10.0.0.2")),
    )

    assert risks(*linked) == ()
    assert risks(saved(linked[0], offset=0), saved(linked[1], offset=9_000_000), linked[2]) != ()


def test_a_master_on_pod_0_that_began_another_history_is_behind_those_who_hold_the_old_one() -> None:
    """It restarted empty and elected itself: as master it is no proof of the newest data."""
    (reason,) = risks(saved(master(0), replication_id=NEW, offset=0, keys=0), lost(1), lost(2))

    assert "pod 0 is behind node-" in reason


@pytest.mark.parametrize(("offset", "is_safe"), [(100, True), (101, False)])
def test_a_promoted_pod_0_has_the_former_history_up_to_its_promotion(offset: int, is_safe: bool) -> None:
    """`master_replid2` with `second_repl_offset`, as PSYNC judges: 101 is the first byte it does not have."""
    first = saved(master(0), replication_id=NEW, offset=200, former_replication_id=OLD, former_offset=101)

    assert (risks(first, lost(1, offset=offset), lost(2, offset=90)) == ()) is is_safe


def test_a_replica_of_another_history_that_holds_no_key_has_nothing_to_lose() -> None:
    """A pod that was never filled."""
    assert risks(lost(0), lost(1), lost(2, replication_id=NEW, offset=0, keys=0)) == ()


def test_pods_that_cannot_be_asked_may_hold_newer_data() -> None:
    """Whether they are silent, or do not exist while their volumes do."""
    silent = risks(lost(0), lost(1), silent_node(2))
    absent = data_at_risk(observed(pods=(pod(0), pod(1)), nodes=(lost(0), lost(1))), KEPT, "redis")

    assert silent == ("node-2 did not answer: its data may be newer than pod 0's",)
    assert absent == ("pod 2 does not exist: the data on its volume may be newer than pod 0's",)


def test_pod_0_must_answer() -> None:
    """It is the one that comes back first."""
    assert risks(silent_node(0), lost(1), lost(2)) == (
        "pod 0 does not answer: it cannot be shown that it holds the newest data",
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"save_rules": "", "appendonly": False}, "persistence is off on node-0"),
        ({"last_save_ok": False}, "the last save of node-0 failed"),
    ],
)
def test_what_pod_0_cannot_write_is_lost(changes: dict[str, object], words: str) -> None:
    """Off, or on and failing; an append-only file makes the failed snapshot harmless."""
    (reason,) = risks(lost(0, **changes), lost(1), lost(2))

    assert reason.startswith(words)
    assert risks(lost(0, last_save_ok=False, appendonly=True), lost(1), lost(2)) == ()


@pytest.mark.parametrize(
    ("workload", "words"),
    [
        (redis_of(("redis", ())), "no volume claim is mounted"),
        (redis_of(("valkey", ("/data",))), "the pod template has no container `redis`"),
        (redis_of(("redis", ("/data",)), when_scaled="Delete"), "whenScaled is Delete"),
    ],
)
def test_a_volume_that_does_not_outlive_the_pods_is_a_risk(workload: Workload, words: str) -> None:
    """A wrong name in the settings is told as such, not as a missing volume."""
    (reason,) = risks(lost(0), lost(1), lost(2), workload=workload)

    assert reason.startswith(words)
