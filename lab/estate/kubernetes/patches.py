"""The patch formats: JSON merge (RFC 7386), JSON patch (RFC 6902), strategic merge where lists have keys."""

from __future__ import annotations

import copy
from typing import Any

from lab.estate.kubernetes.errors import ApiError, bad_request
from lab.estate.kubernetes.resources import Json

MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
_LIST_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "volumes": "name",
    "env": "name",
    "volumeMounts": "mountPath",
    "ports": "containerPort",
    "conditions": "type",
    "imagePullSecrets": "name",
    "ownerReferences": "uid",
}


def apply_patch(content_type: str, target: Json, patch: Any) -> Json:
    """The patched copy; ApiError 400 or 422 when the patch makes no sense."""
    if content_type == JSON_PATCH:
        if not isinstance(patch, list):
            raise bad_request(
                "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"
            )
        return _json_patch(target, patch)
    if not isinstance(patch, dict):
        raise bad_request(
            "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"
        )
    merged = _merge(target, patch) if content_type == MERGE else _strategic(target, patch)
    assert isinstance(merged, dict)
    return merged


def _merge(target: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merge(result.get(key), value)
    return result


def _strategic(target: Any, patch: Any, field: str = "") -> Any:
    if isinstance(patch, list) and field in _LIST_KEYS and isinstance(target, list):
        return _strategic_list(target, patch, _LIST_KEYS[field])
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    if patch.get("$patch") == "replace":
        return {key: copy.deepcopy(value) for key, value in patch.items() if key != "$patch"}
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if key.startswith("$"):
            continue
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _strategic(result.get(key), value, key)
    return result


def _strategic_list(target: list[Any], patch: list[Any], merge_key: str) -> list[Any]:
    result = list(target)
    for item in patch:
        if not isinstance(item, dict) or merge_key not in item:
            raise bad_request(f"map: {item} does not contain declared merge key: {merge_key}")
        at = next((n for n, old in enumerate(result) if old.get(merge_key) == item[merge_key]), None)
        if item.get("$patch") == "delete":
            result = [old for n, old in enumerate(result) if n != at]
        elif at is None:
            result.append(_strategic({}, item))
        else:
            result[at] = _strategic(result[at], item)
    return result


def _json_patch(target: Json, operations: list[Any]) -> Json:
    document: Any = copy.deepcopy(target)
    for operation in operations:
        try:
            document = _operate(document, operation)
        except (KeyError, IndexError, ValueError, TypeError) as error:
            message = "the server rejected our request due to an error in our request"
            raise ApiError(422, "Invalid", message, {}) from error
    if not isinstance(document, dict):
        raise bad_request("the patched document is no object")
    return document


def _operate(document: Any, operation: Json) -> Any:
    path, name = operation["path"], operation["op"]
    if name == "test":
        if _at(document, path) != operation.get("value"):
            raise ValueError(f"testing value {path} failed")
        return document
    if name == "remove":
        return _put(document, path, None, "remove")
    if name in ("move", "copy"):
        value = copy.deepcopy(_at(document, operation["from"]))
        if name == "move":
            document = _put(document, operation["from"], None, "remove")
        return _put(document, path, value, "add")
    if name in ("add", "replace"):
        return _put(document, path, operation["value"], name)
    raise ValueError(f"unexpected kind of operation: {name}")


def _steps(path: str) -> list[str]:
    if path and not path.startswith("/"):
        raise ValueError(f"bad path {path}")
    return [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:]]


def _at(document: Any, path: str) -> Any:
    for step in _steps(path):
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document


def _put(document: Any, path: str, value: Any, how: str) -> Any:
    steps = _steps(path)
    if not steps:
        return value
    parent = document
    for step in steps[:-1]:
        parent = parent[int(step)] if isinstance(parent, list) else parent[step]
    last = steps[-1]
    if isinstance(parent, list):
        index = len(parent) if last == "-" else int(last)
        if how == "add":
            parent.insert(index, value)
        elif how == "remove":
            del parent[index]
        else:
            parent[index] = value
    elif how == "add":
        parent[last] = value
    else:
        if last not in parent:
            raise KeyError(f"{path} does not exist")
        if how == "remove":
            del parent[last]
        else:
            parent[last] = value
    return document
