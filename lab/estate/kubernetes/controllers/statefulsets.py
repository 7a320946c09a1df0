"""StatefulSets: pods with names and an order, and the order is what can stall (redis-sentinel story)."""

from __future__ import annotations

import copy

from lab.estate.kubernetes.controllers.pods import (
    from_template,
    is_finished,
    is_ready,
    is_terminating,
    owned_by,
    owner_reference,
    seconds_until_available,
    template_hash,
)
from lab.estate.kubernetes.events import Recorder
from lab.estate.kubernetes.moments import ScaledTime
from lab.estate.kubernetes.resources import BY_PLURAL, Json
from lab.estate.kubernetes.store import Store
from lab.estate.kubernetes.verbs import Verbs

REVISION = "controller-revision-hash"
POD_NAME = "statefulset.kubernetes.io/pod-name"
POD_INDEX = "apps.kubernetes.io/pod-index"


def ordinal(pod: Json) -> int:
    """The number at the end of its name."""
    return int(pod["metadata"]["name"].rpartition("-")[2])


class StatefulSetController:
    """The real algorithm in small, for OrderedReady and Parallel."""

    def __init__(self, store: Store, verbs: Verbs, time: ScaledTime) -> None:
        self._store = store
        self._verbs = verbs
        self._time = time
        self._events = Recorder(store, "statefulset-controller")

    def reconcile(self) -> float | None:
        """See Controller."""
        waits = [self._one(item) for item in self._store.all("statefulsets")]
        return min((wait for wait in waits if wait is not None), default=None)

    def _one(self, item: Json) -> float | None:
        update = self._revision(item)
        status = item.get("status") or {}
        current = status.get("currentRevision") or update
        self._sync(item, current, update)
        self._drop_claims(item)
        return self._report(item, current, update)

    def _revision(self, item: Json) -> str:
        template = item["spec"]["template"]
        meta = item["metadata"]
        name = f"{meta['name']}-{template_hash(template)}"
        if not self._store.find("controllerrevisions", meta["namespace"], name):
            known = owned_by(self._store, "controllerrevisions", item)
            manifest = {
                "metadata": {"name": name, "ownerReferences": [owner_reference(item)]},
                "data": {"spec": {"template": copy.deepcopy(template)}},
                "revision": max((each["revision"] for each in known), default=0) + 1,
            }
            self._verbs.create(BY_PLURAL["controllerrevisions"], meta["namespace"], manifest)
        return name

    def _sync(self, item: Json, current: str, update: str) -> None:
        pods = {ordinal(pod): pod for pod in owned_by(self._store, "pods", item)}
        replicas = item["spec"]["replicas"]
        in_order = item["spec"]["podManagementPolicy"] == "OrderedReady"
        for number in range(replicas):
            if not self._keep(item, number, pods.get(number), current, update) and in_order:
                return
        condemned = [pods[number] for number in sorted(pods, reverse=True) if number >= replicas]
        wanted = [pods[number] for number in sorted(pods) if number < replicas]
        unhealthy = [p for p in (*wanted, *reversed(condemned)) if not is_ready(p) or is_terminating(p)]
        for pod in condemned:
            if is_terminating(pod):
                if in_order:
                    return
                continue
            if in_order and not is_ready(pod) and pod is not unhealthy[0]:
                return
            self._delete(item, pod)
            if in_order:
                return
        if not condemned:
            self._roll(item, [pods[n] for n in sorted(pods, reverse=True)], update)

    def _keep(self, item: Json, number: int, pod: Json | None, current: str, update: str) -> bool:
        """Make sure that this pod is there; True when it is as healthy as the next one's turn requires."""
        if pod is not None and is_finished(pod) and not is_terminating(pod):
            self._delete(item, pod)
            return False
        if pod is None:
            self._create(item, number, current, update)
            return False
        delay = self._time.real_seconds(item["spec"].get("minReadySeconds", 0))
        return not is_terminating(pod) and seconds_until_available(pod, delay) == 0

    def _create(self, item: Json, number: int, current: str, update: str) -> None:
        meta, name = item["metadata"], f"{item['metadata']['name']}-{number}"
        strategy = item["spec"]["updateStrategy"]
        partition = (strategy.get("rollingUpdate") or {}).get("partition", 0)
        is_old = strategy["type"] == "RollingUpdate" and number < partition
        revision = current if is_old else update
        held = self._store.read("controllerrevisions", meta["namespace"], revision)
        labels = {REVISION: revision, POD_NAME: name, POD_INDEX: str(number)}
        pod = from_template(item, held["data"]["spec"]["template"], name, labels)
        pod["spec"] |= {"hostname": name, "subdomain": item["spec"].get("serviceName", "")}
        self._claims(item, pod)
        self._verbs.create(BY_PLURAL["pods"], meta["namespace"], pod)
        message = f"create Pod {name} in StatefulSet {meta['name']} successful"
        self._events.note(item, "SuccessfulCreate", message)

    def _claims(self, item: Json, pod: Json) -> None:
        namespace, name = item["metadata"]["namespace"], pod["metadata"]["name"]
        for template in item["spec"].get("volumeClaimTemplates") or []:
            volume = template["metadata"]["name"]
            claim = f"{volume}-{name}"
            if not self._store.find("persistentvolumeclaims", namespace, claim):
                manifest = {
                    "metadata": {"name": claim, "labels": pod["metadata"]["labels"]},
                    "spec": copy.deepcopy(template.get("spec") or {}),
                }
                self._verbs.create(BY_PLURAL["persistentvolumeclaims"], namespace, manifest)
            others = [v for v in pod["spec"].get("volumes") or [] if v["name"] != volume]
            bound = {"name": volume, "persistentVolumeClaim": {"claimName": claim}}
            pod["spec"]["volumes"] = [*others, bound]

    def _delete(self, item: Json, pod: Json) -> None:
        name = pod["metadata"]["name"]
        self._verbs.delete(BY_PLURAL["pods"], pod["metadata"]["namespace"], name)
        message = f"delete Pod {name} in StatefulSet {item['metadata']['name']} successful"
        self._events.note(item, "SuccessfulDelete", message)

    def _roll(self, item: Json, highest_first: list[Json], update: str) -> None:
        """RollingUpdate: from the highest ordinal down, one at a time, never past an unhealthy one."""
        strategy = item["spec"]["updateStrategy"]
        if strategy["type"] != "RollingUpdate":
            return
        partition = (strategy.get("rollingUpdate") or {}).get("partition", 0)
        for pod in highest_first:
            if ordinal(pod) < partition:
                return
            if pod["metadata"]["labels"][REVISION] != update and not is_terminating(pod):
                self._delete(item, pod)
                return
            if is_terminating(pod) or not is_ready(pod):
                return

    def _drop_claims(self, item: Json) -> None:
        """whenScaled: Delete takes the volumes of pods that were scaled away, once the pod is gone."""
        if item["spec"]["persistentVolumeClaimRetentionPolicy"]["whenScaled"] != "Delete":
            return
        meta = item["metadata"]
        alive = {pod["metadata"]["name"] for pod in owned_by(self._store, "pods", item)}
        for template in item["spec"].get("volumeClaimTemplates") or []:
            prefix = f"{template['metadata']['name']}-{meta['name']}-"
            for claim in self._store.all("persistentvolumeclaims", meta["namespace"]):
                name = claim["metadata"]["name"]
                number = name.removeprefix(prefix)
                if not name.startswith(prefix) or not number.isdigit():
                    continue
                if int(number) >= item["spec"]["replicas"] and f"{meta['name']}-{number}" not in alive:
                    self._store.remove(BY_PLURAL["persistentvolumeclaims"], meta["namespace"], name)

    def _report(self, item: Json, current: str, update: str) -> float | None:
        pods = owned_by(self._store, "pods", item)
        delay = self._time.real_seconds(item["spec"].get("minReadySeconds", 0))
        until = [seconds_until_available(pod, delay) for pod in pods]
        staying = [pod["metadata"]["labels"][REVISION] for pod in pods if not is_terminating(pod)]
        ready = sum(is_ready(pod) for pod in pods)
        updated, on_current = staying.count(update), staying.count(current)
        if updated == item["spec"]["replicas"] == ready == len(pods):
            current, on_current = update, updated
        status = {
            "observedGeneration": item["metadata"]["generation"],
            "replicas": len(pods),
            "readyReplicas": ready,
            "availableReplicas": sum(wait == 0 for wait in until),
            "currentReplicas": on_current,
            "updatedReplicas": updated,
            "currentRevision": current,
            "updateRevision": update,
            "collisionCount": 0,
        }
        optional = ("readyReplicas", "currentReplicas", "updatedReplicas")
        status = {key: value for key, value in status.items() if value or key not in optional}
        self._store.update(BY_PLURAL["statefulsets"], {**item, "status": status})
        return min((wait for wait in until if wait), default=None)
