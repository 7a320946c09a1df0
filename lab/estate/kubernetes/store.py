"""The objects: one growing version for all of them, and everybody who watches is told of each change."""

from __future__ import annotations

import asyncio
import copy
import json
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lab.estate.kubernetes.errors import already_exists, conflict, expired, not_found
from lab.estate.kubernetes.moments import stamp
from lab.estate.kubernetes.resources import BY_PLURAL, Json, Resource

Key = tuple[str, str, str]
HISTORY = 5000
COMPACTED = "The resourceVersion for the provided watch is too old."


@dataclass(frozen=True)
class Change:
    """One write: `old` is None for a creation, `new` is the last state for a deletion."""

    version: int
    type: str
    resource: Resource
    old: Json | None
    new: Json


class Store:
    """Objects in memory. Whatever is handed out is a copy; whatever is handed in is copied."""

    def __init__(self) -> None:
        self._objects: dict[Key, Json] = {}
        self._version = 100
        self._history: deque[Change] = deque(maxlen=HISTORY)
        self._oldest = self._version
        self._watchers: set[asyncio.Queue[Change]] = set()
        self._listeners: list[Callable[[Change], None]] = []

    @property
    def version(self) -> int:
        """The version of the latest write."""
        return self._version

    def listen(self, listener: Callable[[Change], None]) -> None:
        """Call that, at once and inside the write, for every change."""
        self._listeners.append(listener)

    def find(self, plural: str, namespace: str, name: str) -> Json | None:
        """The object, or None."""
        held = self._objects.get((plural, namespace, name))
        return copy.deepcopy(held) if held else None

    def read(self, plural: str, namespace: str, name: str) -> Json:
        """The object; ApiError 404 when there is none."""
        held = self.find(plural, namespace, name)
        if held is None:
            raise not_found(BY_PLURAL[plural], name)
        return held

    def all(self, plural: str, namespace: str = "") -> list[Json]:
        """Every object of that kind (in that namespace), in the order of their names."""
        return [copy.deepcopy(held) for held in self.peek(plural, namespace)]

    def peek(self, plural: str, namespace: str = "") -> Iterator[Json]:
        """The same without copies: look, do not touch."""
        keys = sorted(k for k in self._objects if k[0] == plural and namespace in ("", k[1]))
        return (self._objects[key] for key in keys)

    def create(self, resource: Resource, manifest: Json) -> Json:
        """Store a new object; ApiError 409 when the name is taken."""
        item = copy.deepcopy(manifest)
        meta = item["metadata"]
        key = (resource.plural, meta.get("namespace", ""), meta["name"])
        if key in self._objects:
            raise already_exists(resource, meta["name"])
        meta["uid"] = str(uuid.uuid4())
        meta["creationTimestamp"] = stamp()
        if resource.has_generation:
            meta["generation"] = 1
        self._write("ADDED", resource, key, None, item)
        return copy.deepcopy(item)

    def update(self, resource: Resource, item: Json, *, dry_run: bool = False) -> Json:
        """Replace an object; ApiError 409 on another resourceVersion. A write that changes nothing is none.

        A dry run answers what would be stored, with the version that is.
        """
        item = copy.deepcopy(item)
        meta = item["metadata"]
        key = (resource.plural, meta.get("namespace", ""), meta["name"])
        old = self._objects.get(key)
        if old is None:
            raise not_found(resource, meta["name"])
        wanted = meta.get("resourceVersion")
        if wanted and wanted != old["metadata"]["resourceVersion"]:
            raise conflict(resource, meta["name"])
        for field in ("uid", "creationTimestamp", "resourceVersion", "generation"):
            if field in old["metadata"]:
                meta[field] = old["metadata"][field]
        if item == old:
            return copy.deepcopy(old)
        if resource.has_generation and _body(item) != _body(old):
            meta["generation"] = old["metadata"].get("generation", 0) + 1
        if dry_run:
            return item
        if meta.get("deletionTimestamp") and not meta.get("finalizers") and old["metadata"].get("finalizers"):
            self._drop(resource, key, item)
            return copy.deepcopy(item)
        self._write("MODIFIED", resource, key, old, item)
        return copy.deepcopy(item)

    def remove(self, resource: Resource, namespace: str, name: str) -> Json:
        """Take an object away for good and return its last state; ApiError 404 when there is none."""
        key = (resource.plural, namespace, name)
        if key not in self._objects:
            raise not_found(resource, name)
        return self._drop(resource, key, copy.deepcopy(self._objects[key]))

    def _drop(self, resource: Resource, key: Key, last: Json) -> Json:
        old = self._objects.pop(key)
        self._note("DELETED", resource, old, last)
        return copy.deepcopy(last)

    def _write(self, kind: str, resource: Resource, key: Key, old: Json | None, item: Json) -> None:
        self._objects[key] = item
        self._note(kind, resource, old, item)

    def _note(self, kind: str, resource: Resource, old: Json | None, new: Json) -> None:
        self._version += 1
        new["metadata"]["resourceVersion"] = str(self._version)
        if len(self._history) == self._history.maxlen:
            self._oldest = self._history[0].version
        change = Change(self._version, kind, resource, old, json.loads(json.dumps(new)))
        self._history.append(change)
        for queue in self._watchers:
            queue.put_nowait(change)
        for listener in self._listeners:
            listener(change)

    def since(self, version: int) -> list[Change]:
        """The changes after that version; ApiError 410 when they are forgotten."""
        if version < self._oldest:
            raise expired(f"too old resource version: {version} ({self._oldest})")
        return [change for change in self._history if change.version > version]

    def forget_history(self) -> None:
        """Compact, as etcd does: a watch from an older version gets 410 Gone."""
        self._history.clear()
        self._oldest = self._version

    def subscribe(self) -> asyncio.Queue[Change]:
        """A queue that gets every change from now on; give it back with unsubscribe."""
        queue: asyncio.Queue[Change] = asyncio.Queue()
        self._watchers.add(queue)
        return queue

    def unsubscribe(self, queue: asyncio.Queue[Change]) -> None:
        """Send that queue nothing more."""
        self._watchers.discard(queue)


def _body(item: Json) -> Json:
    return {key: value for key, value in item.items() if key not in ("metadata", "status")}
