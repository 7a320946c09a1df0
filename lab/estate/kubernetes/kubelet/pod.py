"""One pod on the node: its address, its containers, its status, its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from lab.estate.kubernetes.events import Recorder
from lab.estate.kubernetes.kubelet.container import ContainerLoop
from lab.estate.kubernetes.kubelet.logs import LogArchive
from lab.estate.kubernetes.kubelet.probes import Prober
from lab.estate.kubernetes.kubelet.runtime import Container, Runtime
from lab.estate.kubernetes.kubelet.volumes import Volumes
from lab.estate.kubernetes.moments import ScaledTime, stamp
from lab.estate.kubernetes.resources import BY_PLURAL, Json
from lab.estate.kubernetes.store import Store

MIN_PROBE_SECONDS = 0.1
PROBE_TIMEOUT_SECONDS = 1.0
MIN_GRACE_SECONDS = 10.0
_PODS = BY_PLURAL["pods"]


class PodWorker:
    """Runs a pod and reports it."""

    def __init__(
        self,
        pod: Json,
        address: str,
        runtime_for: Callable[[str], Runtime],
        store: Store,
        volumes: Volumes,
        archive: LogArchive,
        prober: Prober,
        time: ScaledTime,
    ) -> None:
        self.pod = pod
        self.address = address
        self._store = store
        self._prober = prober
        self._time = time
        self._volumes = volumes
        self._events = Recorder(store, "kubelet")
        self._since = stamp()
        self._specs: list[Json] = pod["spec"]["containers"]
        self.loops = {spec["name"]: self._loop(spec, runtime_for, archive) for spec in self._specs}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._probes: list[asyncio.Task[None]] = []

    def _loop(self, spec: Json, runtime_for: Callable[[str], Runtime], archive: LogArchive) -> ContainerLoop:
        def make(say: Callable[[str], None]) -> Container:
            meta = self.pod["metadata"]
            return Container(
                namespace=meta["namespace"],
                pod=meta["name"],
                pod_uid=meta["uid"],
                pod_ip=self.address,
                name=spec["name"],
                image=spec["image"],
                env=self._env(spec),
                mounts=self._volumes.mounts(self.pod, spec),
                command=spec.get("command") or [],
                args=spec.get("args") or [],
                say=say,
            )

        def on_change(reason: str, message: str) -> None:
            if reason:
                warning = reason == "BackOff"
                self._events.note(self.pod, reason, message, warning=warning, container=spec["name"])
            self.report()

        return ContainerLoop(make, runtime_for(spec["image"]), archive, self._time, on_change)

    def _env(self, spec: Json) -> dict[str, str]:
        """Plain values, and fieldRef for the pod's own name, namespace and address."""
        meta = self.pod["metadata"]
        fields = {
            "metadata.name": meta["name"],
            "metadata.namespace": meta["namespace"],
            "metadata.uid": meta["uid"],
            "status.podIP": self.address,
        }
        found = {}
        for each in spec.get("env") or []:
            source = (each.get("valueFrom") or {}).get("fieldRef") or {}
            found[each["name"]] = fields.get(source.get("fieldPath", ""), each.get("value", ""))
        return found

    def start(self) -> None:
        """Start every container and its probe."""
        self.report()
        for spec in self._specs:
            loop = self.loops[spec["name"]]
            self._tasks[spec["name"]] = asyncio.create_task(loop.run(), name=f"container-{spec['name']}")
            self._probes.append(asyncio.create_task(self._probe(spec, loop), name=f"probe-{spec['name']}"))

    async def _probe(self, spec: Json, loop: ContainerLoop) -> None:
        probe = spec.get("readinessProbe") or {}
        period = max(MIN_PROBE_SECONDS, self._time.real_seconds(probe.get("periodSeconds", 1)))
        failures = 0
        while True:
            instance = loop.container_id
            if loop.is_running:
                problem = await self._ask(spec, loop)
                failures = failures + 1 if problem else 0
                is_ready = loop.is_ready and failures < probe.get("failureThreshold", 3)
                is_ready = is_ready if problem else True
                if instance == loop.container_id and loop.is_running:
                    self._note_readiness(loop, is_ready, problem)
            await asyncio.sleep(period if loop.is_ready else MIN_PROBE_SECONDS)

    async def _ask(self, spec: Json, loop: ContainerLoop) -> str:
        try:
            return await self._prober.ask(spec, loop.container, loop.runtime, PROBE_TIMEOUT_SECONDS)
        except TimeoutError:
            return "Readiness probe failed: context deadline exceeded"

    def _note_readiness(self, loop: ContainerLoop, is_ready: bool, problem: str) -> None:
        if is_ready == loop.is_ready:
            return
        loop.is_ready = is_ready
        if problem:
            name = loop.container.name
            self._events.note(self.pod, "Unhealthy", problem, warning=True, container=name)
        self.report()

    def report(self) -> None:
        """Write the pod's status."""
        meta = self.pod["metadata"]
        held = self._store.find("pods", meta["namespace"], meta["name"])
        if not held or held["metadata"]["uid"] != meta["uid"]:
            return
        statuses = [self.loops[spec["name"]].status(spec["image"]) for spec in self._specs]
        has_begun = any("waiting" not in s["state"] or s["lastState"] for s in statuses)
        is_ready = all(loop.is_ready for loop in self.loops.values())
        names = [name for name, loop in self.loops.items() if not loop.is_ready]
        why = {
            "reason": "ContainersNotReady",
            "message": f"containers with unready status: [{' '.join(names)}]",
        }
        ready = {"status": "True"} if is_ready else {"status": "False"} | why
        conditions = [
            {"type": kind, "status": "True"}
            for kind in ("PodReadyToStartContainers", "Initialized", "PodScheduled")
        ] + [{"type": "Ready"} | ready, {"type": "ContainersReady"} | ready]
        held["status"] = {
            "phase": "Running" if has_begun else "Pending",
            "conditions": _timed(conditions, (held.get("status") or {}).get("conditions") or []),
            "hostIP": "127.0.0.1",
            "hostIPs": [{"ip": "127.0.0.1"}],
            "podIP": self.address,
            "podIPs": [{"ip": self.address}],
            "startTime": self._since,
            "containerStatuses": statuses,
            "qosClass": "BestEffort",
        }
        self.pod = self._store.update(_PODS, held)

    async def stop(self, grace_seconds: float) -> None:
        """End every container at once; `grace_seconds` as the pod says, 0 kills."""
        for task in self._probes:
            task.cancel()
        await asyncio.gather(*self._probes, return_exceptions=True)
        real = max(MIN_GRACE_SECONDS, self._time.real_seconds(grace_seconds)) if grace_seconds else 0.0
        stops = [loop.stop(real, self._tasks[name]) for name, loop in self.loops.items()]
        for name in self.loops:
            message = f"Stopping container {name}"
            self._events.note(self.pod, "Killing", message, container=name)
        await asyncio.gather(*stops)
        self._volumes.drop(self.pod)


def _timed(conditions: list[Json], before: list[Json]) -> list[Json]:
    """Add the times: a condition that kept its status keeps its time."""
    times = {(each["type"], each["status"]): each["lastTransitionTime"] for each in before}
    now = stamp()
    return [
        each | {"lastProbeTime": None, "lastTransitionTime": times.get((each["type"], each["status"]), now)}
        for each in conditions
    ]
