"""Deployments: one ReplicaSet a template, rolling update or recreate, and the conditions that tell the story."""

from __future__ import annotations

import asyncio
import copy

from lab.estate.kubernetes.controllers.conditions import deployment_conditions
from lab.estate.kubernetes.controllers.pods import owned_by, owner_reference, template_hash
from lab.estate.kubernetes.controllers.rollout import new_count, resolve_fences, surplus
from lab.estate.kubernetes.events import Recorder
from lab.estate.kubernetes.moments import ScaledTime
from lab.estate.kubernetes.resources import BY_PLURAL, Json
from lab.estate.kubernetes.store import Store
from lab.estate.kubernetes.verbs import Verbs

REVISION = "deployment.kubernetes.io/revision"
HASH = "pod-template-hash"


class DeploymentController:
    """The real algorithm in small: grow the new set within maxSurge, shrink the old within maxUnavailable."""

    def __init__(self, store: Store, verbs: Verbs, time: ScaledTime) -> None:
        self._store = store
        self._verbs = verbs
        self._time = time
        self._events = Recorder(store, "deployment-controller")
        self._progressed: dict[str, tuple[object, float]] = {}

    def reconcile(self) -> float | None:
        """See Controller."""
        waits = [self._one(item) for item in self._store.all("deployments")]
        return min((wait for wait in waits if wait is not None), default=None)

    def _one(self, item: Json) -> float | None:
        sets = owned_by(self._store, "replicasets", item)
        fresh = next((each for each in sets if _same_template(each, item)), None)
        old = [each for each in sets if each is not fresh]
        created = False
        if not item["spec"].get("paused"):
            if fresh is None and self._may_create(item, old):
                fresh, created = self._create_set(item, sets), True
            if fresh is not None:
                self._roll(item, fresh, old)
        elif fresh is not None and not any(each["spec"]["replicas"] for each in old):
            self._scale(item, fresh, item["spec"]["replicas"])
        self._forget_history(item, old)
        return self._report(item, created)

    def _may_create(self, item: Json, old: list[Json]) -> bool:
        if item["spec"]["strategy"]["type"] != "Recreate":
            return True
        return self._old_is_gone(item, old)

    def _old_is_gone(self, item: Json, old: list[Json]) -> bool:
        for each in old:
            self._scale(item, each, 0)
        return not any(owned_by(self._store, "pods", each) for each in old)

    def _create_set(self, item: Json, sets: list[Json]) -> Json:
        template = copy.deepcopy(item["spec"]["template"])
        digest = template_hash(template)
        template.setdefault("metadata", {}).setdefault("labels", {})[HASH] = digest
        revision = max((int(s["metadata"]["annotations"].get(REVISION, 0)) for s in sets), default=0) + 1
        meta = item["metadata"]
        selector = copy.deepcopy(item["spec"]["selector"])
        selector.setdefault("matchLabels", {})[HASH] = digest
        manifest = {
            "metadata": {
                "name": f"{meta['name']}-{digest}",
                "labels": template["metadata"]["labels"],
                "annotations": {REVISION: str(revision)},
                "ownerReferences": [owner_reference(item)],
            },
            "spec": {
                "replicas": 0,
                "selector": selector,
                "template": template,
                "minReadySeconds": item["spec"].get("minReadySeconds", 0),
            },
        }
        return self._verbs.create(BY_PLURAL["replicasets"], meta["namespace"], manifest)

    def _roll(self, item: Json, fresh: Json, old: list[Json]) -> None:
        desired = item["spec"]["replicas"]
        self._renumber(fresh, old)
        if item["spec"]["strategy"]["type"] == "Recreate":
            if self._old_is_gone(item, old):
                self._scale(item, fresh, desired)
            return
        rolling = item["spec"]["strategy"]["rollingUpdate"]
        fences = resolve_fences(desired, rolling["maxSurge"], rolling["maxUnavailable"])
        everything = sum(each["spec"]["replicas"] for each in (fresh, *old))
        fresh = self._scale(item, fresh, new_count(desired, fresh["spec"]["replicas"], everything, fences))
        everything = sum(each["spec"]["replicas"] for each in (fresh, *old))
        unavailable = fresh["spec"]["replicas"] - _available(fresh)
        self._shrink(item, fresh, old, surplus(desired, everything, unavailable, fences))

    def _renumber(self, fresh: Json, old: list[Json]) -> None:
        newest = max((int(s["metadata"]["annotations"].get(REVISION, 0)) for s in old), default=0)
        if int(fresh["metadata"]["annotations"].get(REVISION, 0)) <= newest:
            fresh["metadata"]["annotations"][REVISION] = str(newest + 1)
            fresh |= self._store.update(BY_PLURAL["replicasets"], fresh)

    def _shrink(self, item: Json, fresh: Json, old: list[Json], most: int) -> None:
        rolling = item["spec"]["strategy"]["rollingUpdate"]
        desired = item["spec"]["replicas"]
        fences = resolve_fences(desired, rolling["maxSurge"], rolling["maxUnavailable"])
        oldest_first = sorted(old, key=lambda each: int(each["metadata"]["annotations"].get(REVISION, 0)))
        for each in oldest_first:
            unhealthy = min(most, each["spec"]["replicas"] - _available(each))
            if unhealthy > 0:
                each |= self._scale(item, each, each["spec"]["replicas"] - unhealthy)
                most -= unhealthy
        spare = sum(_available(each) for each in (fresh, *old)) - (desired - fences.max_unavailable)
        for each in oldest_first:
            going = min(most, spare, each["spec"]["replicas"])
            if going > 0:
                self._scale(item, each, each["spec"]["replicas"] - going)
                most, spare = most - going, spare - going

    def _scale(self, item: Json, each: Json, count: int) -> Json:
        was = each["spec"]["replicas"]
        if was == count:
            return each
        word, name = ("up", each["metadata"]["name"]) if count > was else ("down", each["metadata"]["name"])
        message = f"Scaled {word} replica set {name} from {was} to {count}"
        self._events.note(item, "ScalingReplicaSet", message)
        current = self._store.read("replicasets", each["metadata"]["namespace"], name)
        current["spec"]["replicas"] = count
        return self._store.update(BY_PLURAL["replicasets"], current)

    def _forget_history(self, item: Json, old: list[Json]) -> None:
        idle = [
            each for each in old if not each["spec"]["replicas"] and not (each.get("status") or {}).get("replicas")
        ]
        keep = item["spec"]["revisionHistoryLimit"]
        order = sorted(idle, key=lambda each: int(each["metadata"]["annotations"].get(REVISION, 0)))
        for each in order[: max(0, len(order) - keep)]:
            meta = each["metadata"]
            self._store.remove(BY_PLURAL["replicasets"], meta["namespace"], meta["name"])

    def _report(self, item: Json, created: bool) -> float | None:
        sets = owned_by(self._store, "replicasets", item)
        fresh = next((each for each in sets if _same_template(each, item)), None)
        counts = {
            field: sum((each.get("status") or {}).get(field, 0) for each in sets)
            for field in ("replicas", "readyReplicas", "availableReplicas")
        }
        counts["updatedReplicas"] = ((fresh or {}).get("status") or {}).get("replicas", 0)
        asked = sum(each["spec"]["replicas"] for each in sets)
        counts["unavailableReplicas"] = max(0, asked - counts["availableReplicas"])
        left = self._deadline_left(item, counts)
        status = {field: count for field, count in counts.items() if count}
        status["observedGeneration"] = item["metadata"]["generation"]
        was = (item.get("status") or {}).get("conditions") or []
        status["conditions"] = deployment_conditions(item, counts, fresh, was, created, left <= 0)
        revision = fresh["metadata"]["annotations"][REVISION] if fresh else "0"
        item["metadata"].setdefault("annotations", {})[REVISION] = revision
        self._store.update(BY_PLURAL["deployments"], {**item, "status": status})
        return left if 0 < left < float("inf") else None

    def _deadline_left(self, item: Json, counts: dict[str, int]) -> float:
        """Real seconds until the rollout counts as stuck: it is, when nothing moved for the deadline."""
        now = asyncio.get_running_loop().time()
        key = (item["spec"]["template"], item["spec"]["replicas"], counts)
        uid = item["metadata"]["uid"]
        seen, since = self._progressed.get(uid, (None, now))
        if seen != key:
            since = now
            self._progressed[uid] = (copy.deepcopy(key), now)
        deadline = self._time.real_seconds(item["spec"]["progressDeadlineSeconds"])
        return since + deadline - now


def _available(each: Json) -> int:
    return int((each.get("status") or {}).get("availableReplicas", 0))


def _same_template(each: Json, item: Json) -> bool:
    template = copy.deepcopy(each["spec"]["template"])
    template["metadata"]["labels"].pop(HASH, None)
    return bool(template == item["spec"]["template"])
