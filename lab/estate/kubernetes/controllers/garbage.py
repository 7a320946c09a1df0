"""Garbage collection: what belonged to a deleted owner goes too."""

from __future__ import annotations

from lab.estate.kubernetes.resources import RESOURCES
from lab.estate.kubernetes.store import Store
from lab.estate.kubernetes.verbs import Verbs


class GarbageCollector:
    """Deletes objects all of whose owners are gone."""

    def __init__(self, store: Store, verbs: Verbs) -> None:
        self._store = store
        self._verbs = verbs

    def reconcile(self) -> float | None:
        """See Controller."""
        alive = {i["metadata"]["uid"] for r in RESOURCES for i in self._store.peek(r.plural)}
        for resource in RESOURCES:
            for item in self._store.all(resource.plural):
                meta = item["metadata"]
                owners = meta.get("ownerReferences") or []
                is_orphaned = owners and all(owner["uid"] not in alive for owner in owners)
                if is_orphaned and "deletionTimestamp" not in meta:
                    self._verbs.delete(resource, meta.get("namespace", ""), meta["name"])
        return None
