"""The list verb: selected objects in pages; a continued list goes on with the state that it began with."""

from __future__ import annotations

import itertools
from collections import OrderedDict

from lab.estate.kubernetes.errors import bad_request, expired
from lab.estate.kubernetes.resources import Json, Resource
from lab.estate.kubernetes.selectors import Predicate
from lab.estate.kubernetes.store import Store

REMEMBERED_LISTS = 100
CONTINUE_EXPIRED = (
    "The provided continue parameter is too old to display a consistent list result. "
    "You can start a new list without the continue parameter, or use the continue token in this response to "
    "retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - "
    "objects that were created, modified, or deleted between the time the first chunk was returned and now may "
    "show up in the list."
)


class Lister:
    """Answers lists and remembers what is left of the ones that were cut by a limit."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._left: OrderedDict[str, tuple[str, list[Json]]] = OrderedDict()
        self._tokens = itertools.count(1)

    def page(self, resource: Resource, namespace: str, predicate: Predicate, limit: int, token: str) -> Json:
        """One page as a List object; ApiError 400 for a made-up token, 410 for one that is too old."""
        if token:
            version, items = self._resume(token)
        else:
            version = str(self._store.version)
            items = [item for item in self._store.all(resource.plural, namespace) if predicate(item)]
        meta: Json = {"resourceVersion": version}
        if limit and len(items) > limit:
            meta["continue"] = self._remember(version, items[limit:])
            meta["remainingItemCount"] = len(items) - limit
            items = items[:limit]
        bare = [{k: v for k, v in item.items() if k not in ("kind", "apiVersion")} for item in items]
        shown = items if resource.is_custom else bare
        body = {"kind": f"{resource.kind}List", "apiVersion": resource.api_version}
        return body | {"metadata": meta, "items": shown}

    def _remember(self, version: str, items: list[Json]) -> str:
        token = f"page-{next(self._tokens)}"
        self._left[token] = (version, items)
        while len(self._left) > REMEMBERED_LISTS:
            self._left.popitem(last=False)
        return token

    def _resume(self, token: str) -> tuple[str, list[Json]]:
        if not token.startswith("page-"):
            raise bad_request("invalid continue token: continue key is not valid: illegal base64 data")
        if token not in self._left:
            raise expired(CONTINUE_EXPIRED)
        return self._left[token]

    def forget(self) -> None:
        """Compact: every continue token is too old from now on."""
        self._left.clear()
