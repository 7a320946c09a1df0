"""Events about objects; a repeated one is counted, as the real recorder does."""

from __future__ import annotations

from lab.estate.kubernetes.moments import stamp
from lab.estate.kubernetes.resources import BY_PLURAL, Json
from lab.estate.kubernetes.store import Store


class Recorder:
    """Writes events for one component, such as `kubelet` or `statefulset-controller`."""

    def __init__(self, store: Store, component: str) -> None:
        self._store = store
        self._component = component

    def note(self, about: Json, reason: str, message: str, *, warning: bool = False, container: str = "") -> None:
        """Record an event, or count it once more when the same one is there."""
        involved = _reference(about, container)
        namespace = about["metadata"].get("namespace", "default")
        same = (involved, reason, message)
        now = stamp()
        for event in self._store.all("events", namespace):
            if (event["involvedObject"], event["reason"], event["message"]) == same:
                event["count"] += 1
                event["lastTimestamp"] = now
                self._store.update(BY_PLURAL["events"], event)
                return
        name = f"{about['metadata']['name']}.{self._store.version + 1:016x}"
        self._store.create(
            BY_PLURAL["events"],
            {
                "apiVersion": "v1",
                "kind": "Event",
                "metadata": {"name": name, "namespace": namespace},
                "involvedObject": involved,
                "reason": reason,
                "message": message,
                "type": "Warning" if warning else "Normal",
                "count": 1,
                "firstTimestamp": now,
                "lastTimestamp": now,
                "eventTime": None,
                "source": {"component": self._component},
                "reportingComponent": self._component,
                "reportingInstance": "",
            },
        )


def _reference(about: Json, container: str) -> Json:
    meta = about["metadata"]
    reference = {
        "kind": about["kind"],
        "namespace": meta.get("namespace", ""),
        "name": meta["name"],
        "uid": meta["uid"],
        "apiVersion": about["apiVersion"],
    }
    return reference | ({"fieldPath": f"spec.containers{{{container}}}"} if container else {})
