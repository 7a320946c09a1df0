"""What a person does where restarting all of Redis is not the answer, or is not the gentlest one."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.redis_topology import Diagnosis, Verdict
from bot.domain.target import Target


@dataclass(frozen=True, slots=True)
class Advice:
    """Why nothing is offered, what to do instead, and which other remediations (command names) fit."""

    reason: str
    advice: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()


def advice(target: Target, diagnosis: Diagnosis) -> Advice:
    """For the verdicts for which there is no plan."""
    namespace, pods = target.namespace, " ".join(diagnosis.affected_pods)
    match diagnosis.verdict:
        case Verdict.HEALTHY:
            return Advice("every sentinel and every Redis is right: nothing to repair")
        case Verdict.CLIENT_STALE:
            return Advice(
                "Redis is right; only the middleware dials an address that no pod has",
                ("Restart only the middleware: it finds the master anew. Redis stays untouched.",),
                ("restart-middleware",),
            )
        case Verdict.REPLICA_STALE:
            replicaof = f"REPLICAOF {diagnosis.master_ip} {target.redis.redis_port}"
            return Advice(
                "the sentinels are right; only a replica follows a dead master",
                (f"Gentlest, by hand on each of {pods}: {replicaof}. The bot cannot do this yet.",),
            )
        case Verdict.NOT_SENTINEL:
            return Advice(
                "the dialled address is a Service, not a pod: this is the network or kube-proxy, not Sentinel",
                ("Ops must look at the network; restarting Redis would repair nothing.",),
            )
        case Verdict.CRASH_LOOP:
            return Advice(
                "the master and the quorum are fine: stopping all of Redis for one pod would end live chats",
                (
                    f"Gentlest, by hand: kubectl -n {namespace} delete pod {pods}. The StatefulSet makes it anew."
                    " The bot cannot do this yet.",
                ),
            )
        case Verdict.SPLIT_BRAIN:
            return Advice("the sentinels disagree or there are two masters: a person decides")
        case Verdict.FAILOVER_RUNNING:
            return Advice("a failover is running: wait for it to end, then ask again")
        case Verdict.PODS_MISSING:
            return Advice(
                "pods are missing or not ready although they are wanted: Kubernetes cannot start them",
                (f"Look at the events: kubectl -n {namespace} get events, then page Ops.",),
            )
        case Verdict.HYGIENE:
            return Advice("Redis serves; only dead entries are left in the sentinels' lists")
        case Verdict.UNKNOWN | Verdict.NO_MASTER | Verdict.SENTINELS_STALE | Verdict.SCALED_TO_ZERO:
            return Advice("not enough answers to judge by; nothing is changed on a guess")


def gentler(target: Target, diagnosis: Diagnosis) -> str:
    """The gentler repair beside the full restart, by hand; empty where there is none."""
    if diagnosis.verdict is not Verdict.SENTINELS_STALE:
        return ""
    master, port, name = diagnosis.master_ip, target.redis.redis_port, target.redis.master_name
    return (
        f"Gentler, by hand: one live master exists, so each sentinel can be repointed without stopping Redis:"
        f" SENTINEL REMOVE {name}; SENTINEL MONITOR {name} {master} {port} <quorum>; SENTINEL SET {name}"
        " down-after-milliseconds and failover-timeout as before. The bot cannot do this yet."
    )
