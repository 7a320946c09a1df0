"""Every verdict of the Redis table, what excludes what, and that nothing is called healthy by mistake."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.redis_topology import PeerReplica, RedisObservation, RedisView, SentinelView, Verdict
from bot.domain.redis_verdict import classify
from bot.domain.workload import Container, Pod
from tests.bot.domain.redis_world import (
    ADDRESSES,
    DEAD,
    MASTER,
    NAMES,
    crashing,
    master,
    observed,
    pod,
    replica,
    sentinel,
    silent_node,
    silent_sentinel,
)

_THREE = range(3)
_BUSY = frozenset({"master", "o_down", "failover_in_progress"})
_ALL_STALE = tuple(sentinel(number, DEAD) for number in _THREE)
_NO_MASTER_NODES = tuple(replica(number, DEAD, linked=False) for number in _THREE)
_STARTING = replace(pod(2), is_ready=False, containers=(Container("redis", False, 0),))
_DEAD_ENTRY = PeerReplica(DEAD, 6379, frozenset({"s_down", "slave", "disconnected"}), "err")

_TABLE: dict[str, tuple[Verdict, RedisObservation]] = {
    "all is right": (Verdict.HEALTHY, observed()),
    "somebody scaled to zero": (
        Verdict.SCALED_TO_ZERO,
        observed(desired_replicas=0, pods=(), sentinels=(), nodes=()),
    ),
    "our own run scaled to zero": (
        Verdict.SCALED_TO_ZERO,
        observed(desired_replicas=0, is_ours=True, pods=(), sentinels=(), nodes=()),
    ),
    "no pod exists": (Verdict.PODS_MISSING, observed(pods=(), sentinels=(), nodes=())),
    "one pod does not exist": (
        Verdict.PODS_MISSING,
        observed(pods=(pod(0), pod(1)), sentinels=(sentinel(0), sentinel(1)), nodes=(master(0), replica(1))),
    ),
    "one pod is starting": (
        Verdict.PODS_MISSING,
        observed(
            pods=(pod(0), pod(1), _STARTING),
            sentinels=(sentinel(0), sentinel(1), silent_sentinel(2)),
            nodes=(master(0), replica(1), silent_node(2)),
        ),
    ),
    "the only pod is starting": (
        Verdict.PODS_MISSING,
        observed(desired_replicas=1, pods=(_STARTING,), sentinels=(silent_sentinel(2),), nodes=(silent_node(2),)),
    ),
    "a failover runs, two masters meanwhile": (
        Verdict.FAILOVER_RUNNING,
        observed(
            sentinels=(sentinel(0), sentinel(1, flags=_BUSY), sentinel(2)),
            nodes=(master(0), master(1), replica(2)),
        ),
    ),
    "two masters": (Verdict.SPLIT_BRAIN, observed(nodes=(master(0), master(1), replica(2)))),
    "two masters, sentinels stale": (
        Verdict.SPLIT_BRAIN,
        observed(sentinels=_ALL_STALE, nodes=(master(0), master(1), replica(2))),
    ),
    "sentinels name two live pods": (
        Verdict.SPLIT_BRAIN,
        observed(sentinels=(sentinel(0), sentinel(1, ADDRESSES[1]), sentinel(2))),
    ),
    "one sentinel holds a dead address": (
        Verdict.SPLIT_BRAIN,
        observed(sentinels=(sentinel(0), sentinel(1), sentinel(2, DEAD))),
    ),
    "no live master, all hold a dead address": (
        Verdict.NO_MASTER,
        observed(sentinels=_ALL_STALE, nodes=_NO_MASTER_NODES),
    ),
    "no live master, sentinels name a replica": (
        Verdict.NO_MASTER,
        observed(nodes=_NO_MASTER_NODES),
    ),
    "every pod crashes": (
        Verdict.NO_MASTER,
        observed(
            pods=tuple(crashing(pod(number)) for number in _THREE),
            sentinels=tuple(silent_sentinel(number) for number in _THREE),
            nodes=tuple(silent_node(number) for number in _THREE),
        ),
    ),
    "no master, but a ready pod is silent": (
        Verdict.UNKNOWN,
        observed(sentinels=_ALL_STALE, nodes=(silent_node(0), *_NO_MASTER_NODES[1:])),
    ),
    "no master, sentinels cannot be asked": (
        Verdict.UNKNOWN,
        observed(sentinels=tuple(silent_sentinel(number) for number in _THREE), nodes=_NO_MASTER_NODES),
    ),
    "the only candidate still loads": (
        Verdict.UNKNOWN,
        observed(nodes=(master(0, loading=True), replica(1), replica(2))),
    ),
    "nobody answers": (
        Verdict.UNKNOWN,
        observed(
            sentinels=tuple(silent_sentinel(number) for number in _THREE),
            nodes=tuple(silent_node(number) for number in _THREE),
        ),
    ),
    "one sentinel of three answers": (
        Verdict.UNKNOWN,
        observed(sentinels=(sentinel(0), silent_sentinel(1), silent_sentinel(2))),
    ),
    "all sentinels stale, one live master": (Verdict.SENTINELS_STALE, observed(sentinels=_ALL_STALE)),
    "two of three sentinels stale": (
        Verdict.SENTINELS_STALE,
        observed(sentinels=(sentinel(0), sentinel(1, DEAD), sentinel(2, DEAD))),
    ),
    "all sentinels name a pod that is a replica": (
        Verdict.SENTINELS_STALE,
        observed(sentinels=tuple(sentinel(number, ADDRESSES[1]) for number in _THREE)),
    ),
    "sentinels stale, but a ready pod is silent": (
        Verdict.UNKNOWN,
        observed(sentinels=_ALL_STALE, nodes=(master(0), replica(1), silent_node(2))),
    ),
    "one pod of three crashes": (
        Verdict.CRASH_LOOP,
        observed(
            pods=(pod(0), pod(1), crashing(pod(2))),
            sentinels=(sentinel(0), sentinel(1), silent_sentinel(2)),
            nodes=(master(0), replica(1), silent_node(2)),
        ),
    ),
    "only a sentinel container crashes": (
        Verdict.CRASH_LOOP,
        observed(
            pods=(pod(0), pod(1), crashing(pod(2), "sentinel")),
            sentinels=(sentinel(0), sentinel(1), silent_sentinel(2)),
        ),
    ),
    "a pod crashes and the quorum is lost": (
        Verdict.UNKNOWN,
        observed(
            pods=(pod(0), pod(1), crashing(pod(2))),
            sentinels=(sentinel(0, has_quorum=False), sentinel(1, has_quorum=False), silent_sentinel(2)),
            nodes=(master(0), replica(1), silent_node(2)),
        ),
    ),
    "a ready pod's sentinel is silent": (
        Verdict.UNKNOWN,
        observed(sentinels=(sentinel(0), sentinel(1), silent_sentinel(2))),
    ),
    "a replica follows a dead address": (
        Verdict.REPLICA_STALE,
        observed(nodes=(master(0), replica(1), replica(2, DEAD, linked=False))),
    ),
    "a replica is linking up": (
        Verdict.UNKNOWN,
        observed(nodes=(master(0), replica(1), replica(2, linked=False))),
    ),
    "a sentinel has no quorum": (
        Verdict.UNKNOWN,
        observed(sentinels=(sentinel(0), sentinel(1), sentinel(2, has_quorum=False))),
    ),
    "a sentinel does not reach the master": (
        Verdict.UNKNOWN,
        observed(sentinels=(sentinel(0), sentinel(1), sentinel(2, flags=frozenset({"master", "s_down"})))),
    ),
    "the middleware dials a dead address": (
        Verdict.CLIENT_STALE,
        observed(dialled_addresses=frozenset({DEAD, MASTER})),
    ),
    "the middleware dials another pod of the namespace": (
        Verdict.HEALTHY,
        observed(dialled_addresses=frozenset({"10.0.0.50", MASTER})),
    ),
    "the middleware dials a Service": (
        Verdict.NOT_SENTINEL,
        observed(dialled_addresses=frozenset({"10.96.0.7"})),
    ),
    "a dead address is dialled while the sentinels are stale": (
        Verdict.SENTINELS_STALE,
        observed(sentinels=_ALL_STALE, dialled_addresses=frozenset({DEAD})),
    ),
    "a dead entry is left": (
        Verdict.HYGIENE,
        observed(
            sentinels=(
                sentinel(0),
                sentinel(1),
                sentinel(2, replicas_known=3, replicas=(*sentinel(2).replicas, _DEAD_ENTRY)),
            )
        ),
    ),
    "a sentinel knows too few others": (
        Verdict.HYGIENE,
        observed(sentinels=(sentinel(0, sentinels_known=1), sentinel(1), sentinel(2))),
    ),
    "a replica follows a replica": (
        Verdict.HYGIENE,
        observed(nodes=(master(0), replica(1), replica(2, ADDRESSES[1]))),
    ),
}


@pytest.mark.parametrize("case", _TABLE)
def test_the_verdict_of(case: str) -> None:
    """One line of the table."""
    expected, observation = _TABLE[case]

    diagnosis = classify(observation)

    assert diagnosis.verdict is expected, diagnosis.evidence


def test_every_verdict_stands_in_the_table() -> None:
    """A new verdict needs a case."""
    assert {expected for expected, _ in _TABLE.values()} == set(Verdict)


def test_the_evidence_says_which_sentinel_says_what() -> None:
    """In plain words, one line each, with the reason first."""
    evidence = classify(observed(sentinels=(_ALL_STALE[0], _ALL_STALE[1], silent_sentinel(2)))).evidence

    assert "2 of 3 sentinels" in evidence[0] or "did not answer" in evidence[0]
    assert f"sentinel node-0: master is {DEAD}:6379 (master), quorum OK" in evidence
    assert "sentinel node-2: cannot be reached: Connection refused" in evidence
    assert "redis node-1: slave, follows 10.0.0.1, link up" in evidence


def test_stale_sentinels_come_with_the_live_master_and_the_dead_addresses() -> None:
    """What a gentler repair needs."""
    diagnosis = classify(observed(sentinels=_ALL_STALE))

    assert (diagnosis.master_ip, diagnosis.dead_addresses) == (MASTER, (DEAD,))


def test_a_crash_loop_names_its_pods() -> None:
    """Only those that Kubernetes holds back."""
    assert classify(_TABLE["one pod of three crashes"][1]).affected_pods == ("node-2",)


def test_an_unreadable_log_is_told_and_changes_no_verdict() -> None:
    """The log is only one of the sources."""
    diagnosis = classify(observed(log_problem="forbidden"))

    assert diagnosis.verdict is Verdict.HEALTHY
    assert "the middleware's log could not be read: forbidden" in diagnosis.evidence


_addresses = st.sampled_from([*ADDRESSES, DEAD, "10.96.0.7", ""])
_names = st.sampled_from([*NAMES, "stranger"])
_problems = st.sampled_from(["", "", "", "cannot be reached"])
_flags = st.frozensets(st.sampled_from(["master", "s_down", "o_down", "failover_in_progress"]), max_size=3)
_small = st.integers(0, 4)
_containers = st.builds(
    Container,
    name=st.sampled_from(["redis", "sentinel"]),
    is_ready=st.booleans(),
    restarts=_small,
    waiting_reason=st.sampled_from(["", "CrashLoopBackOff", "ContainerCreating"]),
)
_pods = st.builds(
    Pod,
    name=_names,
    uid=st.just("u"),
    ip=_addresses,
    phase=st.just("Running"),
    is_ready=st.booleans(),
    is_deleting=st.booleans(),
    containers=st.lists(_containers, max_size=2).map(tuple),
    labels=st.just({}),
)
_sentinels = st.builds(
    SentinelView,
    pod=_names,
    ip=_addresses,
    master_ip=_addresses,
    flags=_flags,
    replicas_known=_small,
    sentinels_known=_small,
    has_quorum=st.booleans(),
    replicas=st.lists(st.builds(PeerReplica, _addresses, _small, _flags, st.just("ok")), max_size=3).map(tuple),
    problem=_problems,
)
_nodes = st.builds(
    RedisView,
    pod=_names,
    ip=_addresses,
    role=st.sampled_from(["master", "slave", ""]),
    master_host=_addresses,
    master_link_up=st.booleans(),
    loading=st.booleans(),
    problem=_problems,
)
_anything = st.builds(
    RedisObservation,
    desired_replicas=_small,
    default_replicas=st.just(3),
    is_ours=st.booleans(),
    pods=st.lists(_pods, max_size=4).map(tuple),
    sentinels=st.lists(_sentinels, max_size=4).map(tuple),
    nodes=st.lists(_nodes, max_size=4).map(tuple),
    services=st.just({"10.96.0.7": "redis"}),
    dialled_addresses=st.frozensets(_addresses, max_size=2),
    pod_addresses=st.frozensets(_addresses, max_size=3),
)

_damages = st.sampled_from(
    [
        lambda seen: replace(seen, sentinels=(sentinel(0, DEAD), *seen.sentinels[1:])),
        lambda seen: replace(seen, sentinels=(*seen.sentinels[:2], silent_sentinel(2))),
        lambda seen: replace(seen, sentinels=(*seen.sentinels[:2], sentinel(2, has_quorum=False))),
        lambda seen: replace(seen, sentinels=(*seen.sentinels[:2], sentinel(2, replicas_known=5))),
        lambda seen: replace(seen, sentinels=seen.sentinels[:2]),
        lambda seen: replace(seen, nodes=(silent_node(0), *seen.nodes[1:])),
        lambda seen: replace(seen, nodes=(*seen.nodes[:2], master(2))),
        lambda seen: replace(seen, nodes=(*seen.nodes[:2], replica(2, DEAD, linked=False))),
        lambda seen: replace(seen, nodes=seen.nodes[:2]),
        lambda seen: replace(seen, pods=(*seen.pods[:2], crashing(pod(2)))),
        lambda seen: replace(seen, pods=seen.pods[:2]),
        lambda seen: replace(seen, desired_replicas=5),
        lambda seen: replace(seen, desired_replicas=0),
        lambda seen: replace(seen, dialled_addresses=frozenset({DEAD})),
    ]
)


@settings(max_examples=400, deadline=None)
@given(_anything)
def test_it_never_raises_and_never_calls_a_broken_world_healthy(observation: RedisObservation) -> None:
    """Whatever is observed: HEALTHY means one master, whom every wanted sentinel names, and all links up."""
    diagnosis = classify(observation)

    assert diagnosis.evidence
    if diagnosis.verdict is Verdict.HEALTHY:
        masters = [view for view in observation.nodes if view.role == "master"]
        assert len(masters) == 1
        assert {view.master_ip for view in observation.sentinels} == {masters[0].ip}
        assert all(view.has_quorum and not view.problem for view in observation.sentinels)
        assert all(view.role == "master" or view.master_link_up for view in observation.nodes)
        assert all(one.is_ready for one in observation.pods)
        assert len(observation.pods) >= observation.desired_replicas > 0


@settings(max_examples=200, deadline=None)
@given(st.lists(_damages, min_size=1, max_size=4))
def test_any_damage_to_a_healthy_world_is_seen(damages: list[object]) -> None:
    """Alone or together, no damage is taken for health."""
    seen = observed()
    for damage in damages:
        seen = damage(seen)  # type: ignore[operator]  # hypothesis types sampled functions as objects

    assert classify(seen).verdict is not Verdict.HEALTHY
