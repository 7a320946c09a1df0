"""The node: takes pods, runs their containers as processes, ends them gracefully."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path

from lab.estate.kubernetes.events import Recorder
from lab.estate.kubernetes.kubelet.addresses import Addresses
from lab.estate.kubernetes.kubelet.container import ContainerLoop
from lab.estate.kubernetes.kubelet.logs import LogArchive
from lab.estate.kubernetes.kubelet.pod import PodWorker
from lab.estate.kubernetes.kubelet.probes import Prober
from lab.estate.kubernetes.kubelet.runtime import IDLE, Runtime
from lab.estate.kubernetes.kubelet.volumes import Volumes
from lab.estate.kubernetes.moments import ScaledTime
from lab.estate.kubernetes.resources import BY_PLURAL, Json
from lab.estate.kubernetes.store import Change, Store

NODE = "lab-node"
_PODS = BY_PLURAL["pods"]


class Kubelet:
    """Runs every pod of the store on one node.

    `register("acme/salesforce-integration", runtime)` says how containers of that image (any tag) start;
    an image that nobody registered idles: a running, ready container without a process.
    """

    def __init__(self, store: Store, archive: LogArchive, addresses: Addresses, time: ScaledTime) -> None:
        self._store = store
        self._archive = archive
        self._addresses = addresses
        self._time = time
        self._runtimes: dict[str, Runtime] = {}
        self._directory = tempfile.TemporaryDirectory(prefix="lab-node-")
        self.volumes = Volumes(Path(self._directory.name), store)
        self._events = Recorder(store, "default-scheduler")
        self._workers: dict[str, PodWorker] = {}
        self._endings: dict[str, asyncio.Task[None]] = {}
        self._queue: asyncio.Queue[Change] | None = None
        self._task: asyncio.Task[None] | None = None
        self._prober: Prober | None = None

    def register(self, image: str, runtime: Runtime) -> None:
        """Containers whose image is that repository, whatever the tag, run so."""
        self._runtimes[image] = runtime

    def runtime_for(self, image: str) -> Runtime:
        """How that image runs."""
        repository = image.partition("@")[0]
        head, colon, tag = repository.rpartition(":")
        repository = head if colon and "/" not in tag else repository
        return self._runtimes.get(repository, IDLE)

    def container(self, namespace: str, pod: str, container: str) -> ContainerLoop:
        """The running container, to look at its process or to do it harm; KeyError when there is none."""
        held = self._store.find("pods", namespace, pod)
        if held is None or held["metadata"]["uid"] not in self._workers:
            raise KeyError(f"{namespace}/{pod}")
        return self._workers[held["metadata"]["uid"]].loops[container]

    async def start(self) -> None:
        """Begin to take pods."""
        self._prober = Prober()
        self._queue = self._store.subscribe()
        self._task = asyncio.create_task(self._run(self._queue), name="kubelet")

    async def stop(self) -> None:
        """Kill every container and remove every directory."""
        if self._task and self._queue:
            self._store.unsubscribe(self._queue)
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        for task in self._endings.values():
            task.cancel()
        await asyncio.gather(*self._endings.values(), return_exceptions=True)
        await asyncio.gather(*(worker.stop(0) for worker in self._workers.values()))
        if self._prober:
            await self._prober.close()
        self._directory.cleanup()

    async def _run(self, queue: asyncio.Queue[Change]) -> None:
        for pod in self._store.all("pods"):
            self._look_at(pod)
        while True:
            change = await queue.get()
            if change.resource is not _PODS:
                continue
            if change.type == "DELETED":
                self._end(change.new, 0.0)
            else:
                meta = change.new["metadata"]
                if held := self._store.find("pods", meta["namespace"], meta["name"]):
                    self._look_at(held)

    def _look_at(self, pod: Json) -> None:
        meta = pod["metadata"]
        if "deletionTimestamp" in meta:
            self._end(pod, float(meta.get("deletionGracePeriodSeconds", 0)))
        elif not pod["spec"].get("nodeName"):
            pod["spec"]["nodeName"] = NODE
            self._store.update(_PODS, pod)
            name = f"{meta['namespace']}/{meta['name']}"
            self._events.note(pod, "Scheduled", f"Successfully assigned {name} to {NODE}")
        elif pod["spec"]["nodeName"] == NODE and meta["uid"] not in self._workers:
            self._begin(pod)

    def _begin(self, pod: Json) -> None:
        assert self._prober
        worker = PodWorker(
            pod,
            self._addresses.pod(),
            self.runtime_for,
            self._store,
            self.volumes,
            self._archive,
            self._prober,
            self._time,
        )
        self._workers[pod["metadata"]["uid"]] = worker
        worker.start()

    def _end(self, pod: Json, grace_seconds: float) -> None:
        uid = pod["metadata"]["uid"]
        if uid in self._workers and uid not in self._endings:
            self._endings[uid] = asyncio.create_task(self._finish(pod, grace_seconds), name="pod-ending")
        elif uid not in self._workers:
            self._forget(pod)

    async def _finish(self, pod: Json, grace_seconds: float) -> None:
        uid = pod["metadata"]["uid"]
        worker = self._workers[uid]
        await worker.stop(grace_seconds)
        del self._workers[uid]
        self._addresses.release(worker.address)
        self._forget(pod)
        self._endings.pop(uid, None)

    def _forget(self, pod: Json) -> None:
        """Take the pod's object away, unless the name is another pod's by now."""
        held = self._store.find("pods", *_key(pod))
        if held and held["metadata"]["uid"] == pod["metadata"]["uid"]:
            self._store.remove(_PODS, *_key(pod))


def _key(pod: Json) -> tuple[str, str]:
    return pod["metadata"]["namespace"], pod["metadata"]["name"]
