"""Judges an observation of Redis Sentinel: one verdict, by rules in the order in which one excludes the next."""

from __future__ import annotations

from collections.abc import Callable

from bot.domain.redis_picture import Picture
from bot.domain.redis_topology import Diagnosis, RedisObservation, RedisView, Verdict


def classify(observation: RedisObservation) -> Diagnosis:
    """The first rule that applies decides. Pure; a verdict that leads to a change still needs a second reading."""
    picture = Picture(observation)
    for rule in _RULES:
        found = rule(picture)
        if found is not None:
            return found
    return _diagnosis(picture, Verdict.HEALTHY, f"every sentinel agrees on {_the_master(picture).pod}")


def _scaled_to_zero(picture: Picture) -> Diagnosis | None:
    """First, since nobody is left to be asked. A living run of ours refuses every other by its lock."""
    if picture.desired > 0:
        return None
    if picture.observed.is_ours:
        words = "a run of ours scaled Redis to 0: wait for it, or scale up if no such run lives any more"
        return _diagnosis(picture, Verdict.SCALED_TO_ZERO, words)
    return _diagnosis(picture, Verdict.SCALED_TO_ZERO, "the StatefulSet wants 0 replicas: somebody scaled it down")


def _no_pods(picture: Picture) -> Diagnosis | None:
    """Wanted, and none there: Kubernetes cannot make them, so scaling would change nothing."""
    if picture.observed.pods:
        return None
    return _diagnosis(picture, Verdict.PODS_MISSING, f"none of {picture.desired} wanted pods exists")


def _failover_running(picture: Picture) -> Diagnosis | None:
    """Before all that judges masters: during a failover none, two and disagreement are normal for seconds."""
    busy = [view.pod for view in picture.sentinels if view.failover_running]
    if not busy:
        return None
    return _diagnosis(picture, Verdict.FAILOVER_RUNNING, f"a failover is in progress, says {', '.join(busy)}")


def _split_brain(picture: Picture) -> Diagnosis | None:
    """Two that take writes, or two live candidates: no repair is safe, so it stands before every repair."""
    if len(picture.masters) > 1:
        pods = ", ".join(view.pod for view in picture.masters)
        return _diagnosis(
            picture, Verdict.SPLIT_BRAIN, f"{len(picture.masters)} pods call themselves master: {pods}"
        )
    if len(picture.named_pods) > 1:
        named = ", ".join(sorted(picture.named_pods))
        return _diagnosis(
            picture, Verdict.SPLIT_BRAIN, f"the sentinels name different live pods as master: {named}"
        )
    return None


def _loading(picture: Picture) -> Diagnosis | None:
    """A Redis that still reads its data may turn out to be the master: wait rather than call it lost."""
    if not picture.loading:
        return None
    return _diagnosis(picture, Verdict.UNKNOWN, f"still loading its data: {', '.join(picture.loading)}; ask again")


def _no_master(picture: Picture) -> Diagnosis | None:
    """No master is a claim about ALL pods: each must have denied it, or be known by Kubernetes to be down."""
    if picture.masters:
        return None
    if picture.is_starting:
        return _diagnosis(picture, Verdict.PODS_MISSING, f"not ready yet: {', '.join(picture.silent)}")
    if picture.silent:
        silent = ", ".join(picture.silent)
        return _diagnosis(picture, Verdict.UNKNOWN, f"no master seen, but {silent} did not answer and may be it")
    if len(picture.stale) >= picture.majority:
        held = ", ".join(sorted({view.master_ip for view in picture.stale}))
        return _diagnosis(picture, Verdict.NO_MASTER, f"no pod is master; the sentinels hold {held}")
    return _diagnosis(picture, Verdict.NO_MASTER, "no pod is master")


def _too_few_answers(picture: Picture) -> Diagnosis | None:
    """Below a majority the sentinels that speak may be the odd ones out."""
    if picture.has_voters:
        return None
    words = f"only {len(picture.sentinels)} of {picture.desired} sentinels answered, {picture.majority} are needed"
    return _diagnosis(picture, Verdict.UNKNOWN, words)


def _sentinels_stale(picture: Picture) -> Diagnosis | None:
    """A majority names a dead address or a non-master; one live master. A silent pod could be a second one."""
    if len(picture.stale) < picture.majority:
        return None
    if picture.silent:
        return _diagnosis(
            picture, Verdict.UNKNOWN, f"the sentinels look stale, but {', '.join(picture.silent)} did not answer"
        )
    held = ", ".join(sorted({view.master_ip for view in picture.stale}))
    words = f"{len(picture.stale)} of {picture.desired} sentinels hold {held}; the live master is"
    master = _the_master(picture)
    return _diagnosis(picture, Verdict.SENTINELS_STALE, f"{words} {master.pod} at {master.ip}")


def _disagreement(picture: Picture) -> Diagnosis | None:
    """The majority is right and a minority is not: who is cut off from whom is for a person to find out."""
    named = {view.master_ip for view in picture.sentinels}
    if len(named) <= 1 and not picture.stale:
        return None
    return _diagnosis(picture, Verdict.SPLIT_BRAIN, f"the sentinels disagree: {', '.join(sorted(named))}")


def _crash_loop(picture: Picture) -> Diagnosis | None:
    """The master is healthy and all who speak agree on it; with the quorum, one pod is all that is wrong."""
    if not picture.crashing:
        return None
    pods = tuple(pod.name for pod in picture.crashing)
    if sum(view.has_quorum for view in picture.sentinels) < picture.majority:
        words = f"{', '.join(pods)} crash, and the other sentinels have no quorum: a person must look"
        return _diagnosis(picture, Verdict.UNKNOWN, words)
    holds_master = _the_master(picture).pod in pods
    hint = "; it holds the master: fail over first" if holds_master else "; the master and the quorum are fine"
    return _diagnosis(picture, Verdict.CRASH_LOOP, f"crash loop in {', '.join(pods)}{hint}", pods)


def _pods_missing(picture: Picture) -> Diagnosis | None:
    """Redis serves, with fewer pods than wanted."""
    if picture.missing:
        words = f"{picture.missing} of {picture.desired} wanted pods do not exist"
        return _diagnosis(picture, Verdict.PODS_MISSING, words)
    if picture.not_ready:
        pods = tuple(pod.name for pod in picture.not_ready)
        return _diagnosis(picture, Verdict.PODS_MISSING, f"not ready: {', '.join(pods)}", pods)
    return None


def _silent(picture: Picture) -> Diagnosis | None:
    """Kubernetes calls it Ready and it does not answer us: then we cannot say that all is well."""
    if not picture.silent:
        return None
    return _diagnosis(picture, Verdict.UNKNOWN, f"did not answer: {', '.join(picture.silent)}")


def _replica_stale(picture: Picture) -> Diagnosis | None:
    """The sentinels are right: only a replica still follows somebody who is gone."""
    lost = [view for view in _replicas(picture) if _follows_the_dead(view, picture)]
    if not lost:
        return None
    words = "; ".join(f"{view.pod} follows {view.master_host or 'nobody'}" for view in lost)
    return _diagnosis(picture, Verdict.REPLICA_STALE, words, tuple(view.pod for view in lost))


def _not_settled(picture: Picture) -> Diagnosis | None:
    """What has no repair in the table, and is not healthy either."""
    master = _the_master(picture)
    doubts = [f"the link of {view.pod} is down" for view in _replicas(picture) if not view.master_link_up]
    doubts += [f"{view.pod} calls itself {view.role or 'nothing'}" for view in _strangers(picture)]
    doubts += [f"sentinel {view.pod} has no quorum" for view in picture.sentinels if not view.has_quorum]
    doubts += [
        f"sentinel {view.pod} calls {master.pod} {','.join(sorted(view.flags)) or 'nothing'}"
        for view in picture.sentinels
        if view.flags != frozenset({"master"})
    ]
    return _diagnosis(picture, Verdict.UNKNOWN, "; ".join(doubts)) if doubts else None


def _client_side(picture: Picture) -> Diagnosis | None:
    """All of Redis is right, so a dead address lives in the client, unless it was never a pod's."""
    services = {address: picture.observed.services.get(address, "") for address in sorted(picture.dead_dialled)}
    pods = [address for address, service in services.items() if not service]
    if pods:
        return _diagnosis(picture, Verdict.CLIENT_STALE, f"only the middleware dials {', '.join(pods)}")
    if services:
        named = ", ".join(f"{address} (Service {name})" for address, name in services.items())
        return _diagnosis(picture, Verdict.NOT_SENTINEL, f"the middleware dials {named}: not a pod, not Sentinel")
    return None


def _hygiene(picture: Picture) -> Diagnosis | None:
    """Last, since it harms nobody: counts that are off and entries of pods that are gone."""
    others = picture.desired - 1
    untidy = []
    for view in picture.sentinels:
        dead = [replica.ip for replica in picture.dead_entries(view)]
        if dead:
            untidy.append(f"{view.pod} still lists {', '.join(dead)}")
        elif (view.replicas_known, view.sentinels_known) != (others, others):
            known = f"{view.replicas_known} replicas and {view.sentinels_known} other sentinels"
            untidy.append(f"{view.pod} knows {known}, not {others}")
    untidy += [f"{view.pod} follows another replica" for view in _replicas(picture) if _is_chained(view, picture)]
    return _diagnosis(picture, Verdict.HYGIENE, "; ".join(untidy)) if untidy else None


_RULES: tuple[Callable[[Picture], Diagnosis | None], ...] = (
    _scaled_to_zero,
    _no_pods,
    _failover_running,
    _split_brain,
    _loading,
    _no_master,
    _too_few_answers,
    _sentinels_stale,
    _disagreement,
    _crash_loop,
    _pods_missing,
    _silent,
    _replica_stale,
    _not_settled,
    _client_side,
    _hygiene,
)


def _the_master(picture: Picture) -> RedisView:
    """Behind `_no_master` and `_split_brain` there is exactly one."""
    return picture.masters[0]


def _replicas(picture: Picture) -> tuple[RedisView, ...]:
    return tuple(view for view in picture.nodes if view.role == "slave")


def _strangers(picture: Picture) -> tuple[RedisView, ...]:
    return tuple(view for view in picture.nodes if view.role not in ("master", "slave"))


def _follows_the_dead(view: RedisView, picture: Picture) -> bool:
    return not view.master_link_up and view.master_host != _the_master(picture).ip


def _is_chained(view: RedisView, picture: Picture) -> bool:
    return view.master_link_up and view.master_host != _the_master(picture).ip


def _diagnosis(picture: Picture, verdict: Verdict, words: str, affected: tuple[str, ...] = ()) -> Diagnosis:
    master = picture.masters[0].ip if len(picture.masters) == 1 else ""
    evidence = (words, *picture.evidence())
    return Diagnosis(verdict, evidence, master, affected, picture.dead_addresses)
