"""The watch verb: what is there, then each change as a line of JSON, until the time is up."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

from aiohttp import web

from lab.estate.kubernetes.errors import ApiError
from lab.estate.kubernetes.resources import Json, Resource
from lab.estate.kubernetes.selectors import Predicate
from lab.estate.kubernetes.store import Change, Store

BOOKMARK_SECONDS = 30.0
DEFAULT_SECONDS = 1800.0
INITIAL_EVENTS_END = "k8s.io/initial-events-end"


@dataclass(frozen=True)
class Watch:
    """One watch request."""

    resource: Resource
    namespace: str
    predicate: Predicate
    version: str
    wants_bookmarks: bool
    wants_initial_events: bool
    seconds: float

    def line(self, change: Change) -> Json | None:
        """The event that this watcher sees: an object may enter or leave its selection."""
        if change.resource != self.resource:
            return None
        if self.namespace and change.new["metadata"].get("namespace") != self.namespace:
            return None
        was = change.old is not None and self.predicate(change.old)
        fits = change.type != "DELETED" and self.predicate(change.new)
        if not was and not fits:
            return None
        kind = "DELETED" if not fits else "MODIFIED" if was else "ADDED"
        return {"type": kind, "object": change.new}

    def bookmark(self, version: int, *, ends_initial_events: bool = False) -> Json:
        """A line that only carries a version."""
        meta: Json = {"resourceVersion": str(version)}
        if ends_initial_events:
            meta["annotations"] = {INITIAL_EVENTS_END: "true"}
        body = {"kind": self.resource.kind, "apiVersion": self.resource.api_version, "metadata": meta}
        return {"type": "BOOKMARK", "object": body}


async def serve_watch(request: web.Request, store: Store, watch: Watch) -> web.StreamResponse:
    """Stream the events; a version that is forgotten gives one ERROR line with a 410 Status."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    queue = store.subscribe()
    try:
        await response.prepare(request)
        try:
            start = _start(store, watch)
        except ApiError as gone:
            await _send(response, {"type": "ERROR", "object": gone.status()})
            return response
        for line in start:
            await _send(response, line)
        await _follow(response, store, watch, queue)
    except ConnectionError:
        return response
    finally:
        store.unsubscribe(queue)
    return response


def _start(store: Store, watch: Watch) -> list[Json]:
    if watch.version not in ("", "0") and not watch.wants_initial_events:
        lines = [watch.line(change) for change in store.since(int(watch.version))]
        return [line for line in lines if line]
    items = [item for item in store.all(watch.resource.plural, watch.namespace) if watch.predicate(item)]
    start: list[Json] = [{"type": "ADDED", "object": item} for item in items]
    if watch.wants_initial_events and watch.wants_bookmarks:
        start.append(watch.bookmark(store.version, ends_initial_events=True))
    return start


async def _follow(response: web.StreamResponse, store: Store, watch: Watch, queue: asyncio.Queue[Change]) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + watch.seconds
    while (left := end - loop.time()) > 0:
        try:
            async with asyncio.timeout(min(left, BOOKMARK_SECONDS)):
                change = await queue.get()
        except TimeoutError:
            if watch.wants_bookmarks:
                await _send(response, watch.bookmark(store.version))
            continue
        if line := watch.line(change):
            await _send(response, line)


async def _send(response: web.StreamResponse, line: Json) -> None:
    await response.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
