"""What each verb does to the store: the part of the API server that HTTP and the lab itself share."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from lab.estate.kubernetes import admission
from lab.estate.kubernetes.errors import bad_request, conflict, invalid, precondition_failed, unreadable_patch
from lab.estate.kubernetes.moments import stamp
from lab.estate.kubernetes.patches import apply_patch
from lab.estate.kubernetes.rbac import EVERYTHING, User
from lab.estate.kubernetes.resources import BY_PLURAL, Json, Resource
from lab.estate.kubernetes.store import Store

LAB = User("system:lab", [EVERYTHING])
SCALE = Resource("autoscaling", "v1", "scales", "Scale")


class Verbs:
    """create, update, patch, delete and scale, with admission, on one store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def create(self, resource: Resource, namespace: str, manifest: Json, *, dry_run: bool = False) -> Json:
        """Store a new object; ApiError 400, 409, 422."""
        item = copy.deepcopy(manifest)
        self._check_identity(resource, item)
        meta = item.setdefault("metadata", {})
        if resource.namespaced and meta.setdefault("namespace", namespace) != namespace:
            raise bad_request(
                "the namespace of the provided object does not match the namespace sent on the request"
            )
        if not meta.get("name") and meta.get("generateName"):
            meta["name"] = f"{meta['generateName']}{self.store.version + 1:05d}"
        if not meta.get("name"):
            cause = ("FieldValueRequired", "metadata.name", "Required value: name or generateName is required")
            raise invalid(resource, "", [cause])
        item |= {"apiVersion": resource.api_version, "kind": resource.kind}
        item = {key: value for key, value in item.items() if key != "status" or resource.plural == "pods"}
        self._check_shape(resource, item)
        admission.fill_defaults(resource, item)
        admission.validate(resource, item)
        return item if dry_run else self.store.create(resource, item)

    def _check_shape(self, resource: Resource, item: Json) -> None:
        if problem := admission.shape_problem(resource, item):
            text = f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}'
            raise bad_request(f"{text}: {problem}")

    def _check_identity(self, resource: Resource, item: Json) -> None:
        if item.get("kind", resource.kind) != resource.kind:
            raise bad_request(
                f'{item["kind"]} in version "{resource.version}" cannot be handled as a {resource.kind}: '
                "converting the given kind is not possible"
            )

    def update(
        self,
        user: User,
        resource: Resource,
        namespace: str,
        name: str,
        item: Json,
        *,
        subresource: str = "",
        dry_run: bool = False,
    ) -> Json:
        """Replace an object (or only its status); ApiError 400, 404, 409, 422."""
        old = self.store.read(resource.plural, namespace, name)
        self._check_name(item, name)
        if resource.is_custom and not (item.get("metadata") or {}).get("resourceVersion"):
            message = "Invalid value: 0: must be specified for an update"
            raise invalid(resource, name, [("FieldValueInvalid", "metadata.resourceVersion", message)])
        return self._replace(user, resource, old, copy.deepcopy(item), subresource, dry_run)

    def _check_name(self, item: Json, name: str) -> None:
        given = (item.get("metadata") or {}).get("name", name)
        if given != name:
            raise bad_request(f"the name of the object ({given}) does not match the name on the URL ({name})")

    def patch(
        self,
        user: User,
        resource: Resource,
        namespace: str,
        name: str,
        content_type: str,
        patch: Any,
        *,
        subresource: str = "",
        dry_run: bool = False,
    ) -> Json:
        """Change an object; a resourceVersion in the patch makes it conditional; ApiError 400, 404, 409, 422."""
        old = self.store.read(resource.plural, namespace, name)
        if subresource == "scale":
            scale = apply_patch(content_type, scale_of(resource, old), patch)
            return self.set_scale(user, resource, old, scale, dry_run=dry_run)
        item = apply_patch(content_type, old, patch)
        self._check_name(item, name)
        if problem := admission.shape_problem(resource, item):
            raise unreadable_patch(json.dumps(item, separators=(",", ":")), problem)
        return self._replace(user, resource, old, item, subresource, dry_run)

    def _replace(
        self, user: User, resource: Resource, old: Json, item: Json, subresource: str, dry_run: bool
    ) -> Json:
        self._check_shape(resource, item)
        meta, was = item["metadata"], old["metadata"]
        meta.setdefault("namespace", was.get("namespace", ""))
        meta.setdefault("name", was["name"])
        if meta.get("uid", was["uid"]) != was["uid"]:
            cause = ("FieldValueInvalid", "metadata.uid", f'Invalid value: "{meta["uid"]}": field is immutable')
            raise invalid(resource, was["name"], [cause])
        if meta.get("resourceVersion") not in (None, "", was["resourceVersion"]):
            raise conflict(resource, was["name"])
        for field in ("deletionTimestamp", "deletionGracePeriodSeconds"):
            if field in was:
                meta[field] = was[field]
        if subresource == "status":
            item = {**old, "metadata": old["metadata"] | {"resourceVersion": meta.get("resourceVersion")}} | (
                {"status": item["status"]} if "status" in item else {}
            )
        elif resource.has_status:
            item.pop("status", None)
            if "status" in old:
                item["status"] = old["status"]
        if not resource.namespaced:
            meta.pop("namespace", None)
        item |= {"apiVersion": resource.api_version, "kind": resource.kind}
        admission.fill_defaults(resource, item)
        admission.validate(resource, item, old)
        admission.check_scaling_policy(user, resource, item, old) if not subresource else None
        return self.store.update(resource, item, dry_run=dry_run)

    def set_scale(self, user: User, resource: Resource, old: Json, scale: Json, *, dry_run: bool = False) -> Json:
        """Write the /scale subresource's count into the workload; returns the Scale; ApiError 409, 422."""
        count = (scale.get("spec") or {}).get("replicas", 0)
        name = old["metadata"]["name"]
        if count < 0:
            message = f"Invalid value: {count}: must be greater than or equal to 0"
            raise invalid(SCALE, name, [("FieldValueInvalid", "spec.replicas", message)])
        version = (scale.get("metadata") or {}).get("resourceVersion")
        if version and version != old["metadata"]["resourceVersion"]:
            raise conflict(resource, name)
        item = copy.deepcopy(old)
        item["spec"]["replicas"] = count
        return scale_of(resource, self._replace(user, resource, old, item, "", dry_run))

    def delete(self, resource: Resource, namespace: str, name: str, options: Json | None = None) -> Json:
        """Delete, gracefully where the kind knows that; returns the object or a Status; ApiError 404, 409."""
        options = options or {}
        item = self.store.read(resource.plural, namespace, name)
        self._check_preconditions(resource, item, options.get("preconditions") or {})
        if options.get("propagationPolicy") == "Orphan" or options.get("orphanDependents") is True:
            self._orphan(item)
        grace = self._grace(resource, item, options)
        if grace or item["metadata"].get("finalizers"):
            return self._mark(resource, item, grace)
        gone = self.store.remove(resource, namespace, name)
        if resource.returns_deleted_object:
            return gone
        details: Json = {"name": name} | ({"group": resource.group} if resource.group else {})
        details |= {"kind": resource.plural, "uid": gone["metadata"]["uid"]}
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Success",
            "details": details,
        }

    def _check_preconditions(self, resource: Resource, item: Json, wanted: Json) -> None:
        meta = item["metadata"]
        for field, label in (("uid", "UID"), ("resourceVersion", "ResourceVersion")):
            if wanted.get(field) and wanted[field] != meta[field]:
                raise precondition_failed(resource, meta["name"], label, wanted[field], meta[field])

    def _grace(self, resource: Resource, item: Json, options: Json) -> int:
        if resource.plural != "pods":
            return 0
        phase = (item.get("status") or {}).get("phase")
        if not item["spec"].get("nodeName") or phase in ("Succeeded", "Failed"):
            return 0
        default = int(item["spec"].get("terminationGracePeriodSeconds", 30))
        asked = options.get("gracePeriodSeconds")
        return default if asked is None else int(asked)

    def _mark(self, resource: Resource, item: Json, grace: int) -> Json:
        meta = item["metadata"]
        if meta.get("deletionTimestamp") and meta.get("deletionGracePeriodSeconds", 0) <= grace:
            return item
        meta["deletionTimestamp"] = stamp(datetime.now(UTC) + timedelta(seconds=grace))
        meta["deletionGracePeriodSeconds"] = grace
        return self.store.update(resource, item)

    def _orphan(self, owner: Json) -> None:
        uid = owner["metadata"]["uid"]
        for resource in BY_PLURAL.values():
            for item in self.store.all(resource.plural, owner["metadata"].get("namespace", "")):
                refs = item["metadata"].get("ownerReferences") or []
                if any(ref["uid"] == uid for ref in refs):
                    item["metadata"]["ownerReferences"] = [ref for ref in refs if ref["uid"] != uid]
                    self.store.update(resource, item)


def scale_of(resource: Resource, item: Json) -> Json:
    """The Scale that stands for a workload."""
    meta = item["metadata"]
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    selector = (item["spec"].get("selector") or {}).get("matchLabels") or {}
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: meta[key] for key in kept if key in meta},
        "spec": {"replicas": count} if (count := item["spec"].get("replicas", 0)) else {},
        "status": {
            "replicas": (item.get("status") or {}).get("replicas", 0),
            "selector": ",".join(f"{key}={value}" for key, value in sorted(selector.items())),
        },
    }
