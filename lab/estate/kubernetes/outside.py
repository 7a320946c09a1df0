"""What an API server answers beside its resources: health, discovery, and what the asker itself may do."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from lab.estate.kubernetes.asked import METHODS, REVIEWS
from lab.estate.kubernetes.discovery import discovery
from lab.estate.kubernetes.rbac import Gatekeeper, User
from lab.estate.kubernetes.resources import Json


def answer_outside(request: web.Request, gate: Gatekeeper, user: User, body: Any) -> web.Response:
    """Paths that name no resource we hold."""
    path = request.path.rstrip("/")
    verb = METHODS.get(request.method, "get")
    gate.check_path(user, verb, path)
    if path.endswith(f"/apis/authorization.k8s.io/v1/{REVIEWS}") and verb == "create":
        return web.json_response(_review(user, body), status=201)
    if path in ("/livez", "/readyz", "/healthz"):
        return web.Response(text="ok")
    document = discovery(path)
    if document is None:
        return web.Response(status=404, text="404 page not found\n")
    return web.json_response(document)


def _review(user: User, body: Any) -> Json:
    asked = ((body or {}).get("spec") or {}).get("resourceAttributes") or {}
    resource = asked.get("resource", "")
    if asked.get("subresource"):
        resource += f"/{asked['subresource']}"
    wanted = (asked.get(key, "") for key in ("namespace", "name"))
    allowed = user.may(asked.get("verb", ""), asked.get("group", ""), resource, *wanted)
    reason = {"reason": 'RBAC: allowed by Role "sfint"'} if allowed else {}
    kind = {"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "metadata": {}}
    return kind | {"spec": (body or {}).get("spec") or {}, "status": {"allowed": allowed, **reason}}
