"""What every sentinel and every Redis said at one moment, and the verdicts that it can lead to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.workload import Pod


class Verdict(StrEnum):
    """What is wrong with Redis Sentinel; each has a gentlest repair of its own."""

    HEALTHY = "healthy"
    CLIENT_STALE = "client-stale"
    SENTINELS_STALE = "sentinels-stale"
    NO_MASTER = "no-master"
    REPLICA_STALE = "replica-stale"
    NOT_SENTINEL = "not-sentinel"
    CRASH_LOOP = "crash-loop"
    SPLIT_BRAIN = "split-brain"
    FAILOVER_RUNNING = "failover-running"
    SCALED_TO_ZERO = "scaled-to-zero"
    PODS_MISSING = "pods-missing"
    HYGIENE = "hygiene"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PeerReplica:
    """A row of SENTINEL REPLICAS."""

    ip: str
    port: int
    flags: frozenset[str]
    link_status: str


@dataclass(frozen=True, slots=True)
class SentinelView:
    """What one sentinel said. `problem` is set, and the rest empty, where it could not be asked."""

    pod: str
    ip: str
    master_ip: str = ""
    """Resolved to an address where the sentinel announces host names."""
    master_port: int = 0
    flags: frozenset[str] = frozenset()
    replicas_known: int = 0
    sentinels_known: int = 0
    quorum: int = 0
    has_quorum: bool = False
    quorum_answer: str = ""
    replicas: tuple[PeerReplica, ...] = ()
    problem: str = ""

    @property
    def failover_running(self) -> bool:
        """True while this sentinel says that a failover is in progress."""
        return "failover_in_progress" in self.flags


@dataclass(frozen=True, slots=True)
class RedisView:
    """What one Redis said. Offsets and counts are as reported; -1 where not told."""

    pod: str
    ip: str
    role: str = ""
    """`master` or `slave`."""
    master_host: str = ""
    """Resolved to an address."""
    master_link_up: bool = False
    connected_replicas: int = 0
    replication_id: str = ""
    former_replication_id: str = ""
    """`master_replid2`: the history that this Redis went on with when it became master; empty where none."""
    former_offset: int = -1
    """`second_repl_offset`: the first offset of that former history which is not part of its own."""
    offset: int = -1
    keys: int = -1
    save_rules: str = ""
    appendonly: bool = False
    last_save_at: int = 0
    last_save_ok: bool = True
    loading: bool = False
    problem: str = ""
    note: str = ""
    """What could not be read although the rest could, e.g. CONFIG renamed on a managed Redis."""

    @property
    def persists(self) -> bool:
        """True where a restart finds its data again: snapshots or an append-only file are on."""
        return self.appendonly or bool(self.save_rules.strip())


@dataclass(frozen=True, slots=True)
class RedisObservation:
    """Everything that was read at one moment."""

    desired_replicas: int
    default_replicas: int
    is_ours: bool
    """True where the StatefulSet carries the annotation of one of our unfinished runs."""
    pods: tuple[Pod, ...]
    sentinels: tuple[SentinelView, ...]
    nodes: tuple[RedisView, ...]
    services: Mapping[str, str]
    """Service ClusterIP -> name, for the verdict that it is not Sentinel at all."""
    dialled_addresses: frozenset[str] = frozenset()
    """Addresses that the middleware's recent log failed to dial on the Redis port."""
    pod_addresses: frozenset[str] = frozenset()
    """Every pod IP of the namespace."""
    log_problem: str = ""
    """Why the middleware's log could not be read; then the dialled addresses are not known."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A verdict with its evidence. `master_ip` is the one live master, where there is exactly one."""

    verdict: Verdict
    evidence: tuple[str, ...]
    master_ip: str = ""
    affected_pods: tuple[str, ...] = ()
    dead_addresses: tuple[str, ...] = ()
