"""The discovery documents: /version, /api, /apis and the resource list of each group."""

from __future__ import annotations

from lab.estate.kubernetes.resources import RESOURCES, Json, Resource

VERSION: Json = {
    "major": "1",
    "minor": "34",
    "gitVersion": "v1.34.2",
    "gitCommit": "lab",
    "gitTreeState": "clean",
    "platform": "linux/amd64",
}
_VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"]
_REVIEW = {
    "name": "selfsubjectaccessreviews",
    "singularName": "selfsubjectaccessreview",
    "namespaced": False,
    "kind": "SelfSubjectAccessReview",
    "verbs": ["create"],
}


def discovery(path: str) -> Json | None:
    """The document at that path, or None."""
    match path.strip("/").split("/"):
        case ["version"]:
            return VERSION
        case ["api"]:
            return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
        case ["apis"]:
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(g) for g in _groups()]}
        case ["apis", group] if group in _groups():
            return {"kind": "APIGroup", "apiVersion": "v1"} | _group(group)
        case ["api", "v1"]:
            return _resource_list("", "v1")
        case ["apis", group, version] if _groups().get(group) == version:
            return _resource_list(group, version)
    return None


def _groups() -> dict[str, str]:
    groups = {resource.group: resource.version for resource in RESOURCES if resource.group}
    return groups | {"authorization.k8s.io": "v1"}


def _group(name: str) -> Json:
    version = {"groupVersion": f"{name}/{_groups()[name]}", "version": _groups()[name]}
    return {"name": name, "versions": [version], "preferredVersion": version}


def _resource_list(group: str, version: str) -> Json:
    entries = [e for r in RESOURCES if (r.group, r.version) == (group, version) for e in _entries(r)]
    if group == "authorization.k8s.io":
        entries = [_REVIEW]
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": f"{group}/{version}" if group else version,
        "resources": entries,
    }


def _entries(resource: Resource) -> list[Json]:
    base: Json = {"singularName": "", "namespaced": resource.namespaced, "kind": resource.kind}
    main = base | {"name": resource.plural, "singularName": resource.kind.lower(), "verbs": _VERBS}
    if resource.short_names:
        main["shortNames"] = list(resource.short_names)
    entries = [main]
    if resource.has_status:
        entries.append(base | {"name": f"{resource.plural}/status", "verbs": ["get", "patch", "update"]})
    if resource.has_scale:
        scale = {"name": f"{resource.plural}/scale", "group": "autoscaling", "version": "v1", "kind": "Scale"}
        entries.append(base | scale | {"verbs": ["get", "patch", "update"]})
    if resource.plural == "pods":
        entries.append(base | {"name": "pods/log", "verbs": ["get"]})
        forward = {"name": "pods/portforward", "kind": "PodPortForwardOptions", "verbs": ["create", "get"]}
        entries.append(base | forward)
    return entries
