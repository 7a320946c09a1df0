"""Facts that follow from an observation of Redis: who answers, who is master, what is stale, in plain words."""

from __future__ import annotations

from functools import cached_property

from bot.domain.redis_topology import PeerReplica, RedisObservation, RedisView, SentinelView
from bot.domain.workload import Pod


class Picture:
    """An observation with the questions that the verdict asks of it."""

    def __init__(self, observed: RedisObservation) -> None:
        self.observed = observed
        self.desired = observed.desired_replicas
        self.majority = observed.desired_replicas // 2 + 1

    @cached_property
    def addresses(self) -> frozenset[str]:
        """The addresses that Redis pods hold now."""
        return frozenset(pod.ip for pod in self.observed.pods if pod.ip)

    @cached_property
    def sentinels(self) -> tuple[SentinelView, ...]:
        """Those that answered."""
        return tuple(view for view in self.observed.sentinels if not view.problem)

    @cached_property
    def nodes(self) -> tuple[RedisView, ...]:
        """The Redis that answered."""
        return tuple(view for view in self.observed.nodes if not view.problem)

    @cached_property
    def masters(self) -> tuple[RedisView, ...]:
        """Every Redis that calls itself master."""
        return tuple(view for view in self.nodes if view.role == "master")

    @cached_property
    def loading(self) -> tuple[str, ...]:
        """Pods whose Redis still reads its data: what they are is not settled."""
        return tuple(view.pod for view in self.observed.nodes if view.loading)

    @cached_property
    def crashing(self) -> tuple[Pod, ...]:
        """Pods that Kubernetes holds back."""
        return tuple(pod for pod in self.observed.pods if pod.crash_loops)

    @cached_property
    def missing(self) -> int:
        """How many wanted pods do not exist."""
        return max(0, self.desired - sum(not pod.is_deleting for pod in self.observed.pods))

    @cached_property
    def not_ready(self) -> tuple[Pod, ...]:
        """Pods that exist and do not serve, whatever the reason."""
        return tuple(pod for pod in self.observed.pods if not pod.is_ready or pod.is_deleting)

    @cached_property
    def has_voters(self) -> bool:
        """True when so many sentinels answered that they can speak for all."""
        return len(self.sentinels) >= self.majority

    @cached_property
    def stale(self) -> tuple[SentinelView, ...]:
        """Sentinels that name an address no pod holds, or a pod that says it is no master."""
        roles = {view.ip: view.role for view in self.nodes}
        return tuple(
            view
            for view in self.sentinels
            if view.master_ip not in self.addresses or roles.get(view.master_ip, "master") != "master"
        )

    @cached_property
    def named_pods(self) -> frozenset[str]:
        """The live pod addresses that sentinels name as master."""
        return frozenset(view.master_ip for view in self.sentinels) & self.addresses

    @cached_property
    def silent(self) -> tuple[str, ...]:
        """Pods of which a Redis or a sentinel did not answer, without Kubernetes knowing why."""
        sentinels, nodes = self.observed.sentinels, self.observed.nodes
        asked = {view.pod for view in nodes} & {view.pod for view in sentinels}
        quiet = {view.pod for view in nodes if view.problem} | {view.pod for view in sentinels if view.problem}
        quiet |= {pod.name for pod in self.observed.pods} - asked
        return tuple(sorted(quiet - {pod.name for pod in self.observed.pods if _is_known_to_fail(pod)}))

    @cached_property
    def is_starting(self) -> bool:
        """True when every silent pod is one that Kubernetes has not called Ready yet."""
        waiting = {pod.name for pod in self.not_ready}
        return bool(self.silent) and set(self.silent) <= waiting

    @cached_property
    def dead_dialled(self) -> frozenset[str]:
        """Addresses that the middleware dials in vain and that no pod of the namespace holds."""
        return self.observed.dialled_addresses - self.observed.pod_addresses - self.addresses

    @cached_property
    def dead_addresses(self) -> tuple[str, ...]:
        """Every address that somebody holds on to and no pod has."""
        held = {view.master_ip for view in self.sentinels}
        held |= {view.master_host for view in self.nodes if view.role == "slave"}
        return tuple(sorted(((held - self.addresses) | self.dead_dialled) - {""}))

    def dead_entries(self, view: SentinelView) -> tuple[PeerReplica, ...]:
        """Replicas that a sentinel still lists although no pod holds their address."""
        return tuple(replica for replica in view.replicas if replica.ip not in self.addresses)

    def evidence(self) -> tuple[str, ...]:
        """What everybody said, one line each."""
        lines = [_sentinel_line(view) for view in self.observed.sentinels]
        lines += [_node_line(view) for view in self.observed.nodes]
        lines += [
            f"{pod.name}/{container.name}: {container.waiting_reason}, {container.restarts} restarts"
            for pod in self.crashing
            for container in pod.crash_loops
        ]
        if self.dead_dialled:
            lines.append(f"the middleware dials {_listed(self.dead_dialled)}, which no pod holds")
        if self.observed.log_problem:
            lines.append(f"the middleware's log could not be read: {self.observed.log_problem}")
        return tuple(lines)


def _is_known_to_fail(pod: Pod) -> bool:
    """Crash-looping, or between two crashes: the back-off shows only while Kubernetes waits."""
    between = any(not container.is_ready and container.restarts > 0 for container in pod.containers)
    return bool(pod.crash_loops) or (between and not pod.is_ready)


def _sentinel_line(view: SentinelView) -> str:
    if view.problem:
        return f"sentinel {view.pod}: {view.problem}"
    flags = ",".join(sorted(view.flags)) or "no flags"
    quorum = "quorum OK" if view.has_quorum else f"no quorum ({view.quorum_answer or 'not told'})"
    return f"sentinel {view.pod}: master is {view.master_ip}:{view.master_port} ({flags}), {quorum}"


def _node_line(view: RedisView) -> str:
    note = f"; {view.note}" if view.note else ""
    if view.problem:
        return f"redis {view.pod}: {view.problem}"
    if view.role == "master":
        return f"redis {view.pod}: master at {view.ip} with {view.connected_replicas} replicas{note}"
    link = "up" if view.master_link_up else "down"
    return f"redis {view.pod}: {view.role or 'no role'}, follows {view.master_host or 'nobody'}, link {link}{note}"


def _listed(addresses: frozenset[str]) -> str:
    return ", ".join(sorted(addresses))
