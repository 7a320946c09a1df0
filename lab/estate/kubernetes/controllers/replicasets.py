"""ReplicaSets: as many pods as asked for; a deleted one is made again."""

from __future__ import annotations

from lab.estate.kubernetes.controllers.pods import (
    from_template,
    is_finished,
    is_ready,
    is_terminating,
    owned_by,
    seconds_until_available,
)
from lab.estate.kubernetes.events import Recorder
from lab.estate.kubernetes.moments import ScaledTime
from lab.estate.kubernetes.resources import BY_PLURAL, Json
from lab.estate.kubernetes.store import Store
from lab.estate.kubernetes.verbs import Verbs

_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"


class ReplicaSetController:
    """Creates missing pods, deletes surplus ones (unready and young first), reports the counts."""

    def __init__(self, store: Store, verbs: Verbs, time: ScaledTime) -> None:
        self._store = store
        self._verbs = verbs
        self._time = time
        self._events = Recorder(store, "replicaset-controller")
        self._made = 0

    def reconcile(self) -> float | None:
        """See Controller."""
        waits = [self._one(item) for item in self._store.all("replicasets")]
        return min((wait for wait in waits if wait is not None), default=None)

    def _one(self, item: Json) -> float | None:
        pods = owned_by(self._store, "pods", item)
        active = [pod for pod in pods if not is_terminating(pod) and not is_finished(pod)]
        missing = item["spec"]["replicas"] - len(active)
        for _ in range(missing):
            self._create(item)
        if missing < 0:
            order = sorted(active, key=lambda pod: pod["metadata"]["creationTimestamp"], reverse=True)
            for pod in sorted(order, key=is_ready)[:-missing]:
                self._delete(item, pod)
        return self._report(item)

    def _create(self, item: Json) -> None:
        meta = item["metadata"]
        self._made += 1
        name = f"{meta['name']}-{self._suffix()}"
        labels = (item["spec"]["template"].get("metadata") or {}).get("labels") or {}
        manifest = from_template(item, item["spec"]["template"], name, labels)
        self._verbs.create(BY_PLURAL["pods"], meta["namespace"], manifest)
        self._events.note(item, "SuccessfulCreate", f"Created pod: {name}")

    def _suffix(self) -> str:
        number, letters = self._store.version * 7919 + self._made, ""
        for _ in range(5):
            number, index = divmod(number, len(_SUFFIX))
            letters += _SUFFIX[index]
        return letters

    def _delete(self, item: Json, pod: Json) -> None:
        self._verbs.delete(BY_PLURAL["pods"], pod["metadata"]["namespace"], pod["metadata"]["name"])
        self._events.note(item, "SuccessfulDelete", f"Deleted pod: {pod['metadata']['name']}")

    def _report(self, item: Json) -> float | None:
        pods = [p for p in owned_by(self._store, "pods", item) if not is_terminating(p) and not is_finished(p)]
        delay = self._time.real_seconds(item["spec"].get("minReadySeconds", 0))
        until = [seconds_until_available(pod, delay) for pod in pods]
        status = {
            "replicas": len(pods),
            "fullyLabeledReplicas": len(pods),
            "readyReplicas": sum(is_ready(pod) for pod in pods),
            "availableReplicas": sum(wait == 0 for wait in until),
            "observedGeneration": item["metadata"]["generation"],
        }
        kept = ("replicas", "observedGeneration")
        status = {key: count for key, count in status.items() if count or key in kept}
        self._store.update(BY_PLURAL["replicasets"], {**item, "status": status})
        return min((wait for wait in until if wait), default=None)
