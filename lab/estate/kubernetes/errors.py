"""The API's refusals: each a `Status` object with the real server's words."""

from __future__ import annotations

from typing import Any

from lab.estate.kubernetes.resources import Json, Resource


class ApiError(Exception):
    """A refusal that travels as `Status` JSON with an HTTP code and perhaps headers; a plain one as bare text."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        details: Json | None = None,
        headers: dict[str, str] | None = None,
        *,
        is_plain: bool = False,
    ) -> None:
        super().__init__(message)
        self.is_plain = is_plain
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.headers = headers or {}

    def status(self) -> Json:
        """The body."""
        body: Json = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            body["reason"] = self.reason
        if self.details is not None:
            body["details"] = self.details
        return body | {"code": self.code}


def _details(resource: Resource, name: str, **more: Any) -> Json:
    details: Json = {"name": name} if name else {}
    if resource.group:
        details["group"] = resource.group
    return details | {"kind": resource.plural} | more


def not_found(resource: Resource, name: str) -> ApiError:
    """404 for an object."""
    return ApiError(404, "NotFound", f'{resource.qualified} "{name}" not found', _details(resource, name))


def already_exists(resource: Resource, name: str) -> ApiError:
    """409 for a second object of the same name."""
    message = f'{resource.qualified} "{name}" already exists'
    return ApiError(409, "AlreadyExists", message, _details(resource, name))


MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


def conflict(resource: Resource, name: str, why: str = MODIFIED) -> ApiError:
    """409 for a write that knows an older version, or whose precondition fails."""
    message = f'Operation cannot be fulfilled on {resource.qualified} "{name}": {why}'
    return ApiError(409, "Conflict", message, _details(resource, name))


def forbidden(resource: Resource, name: str, why: str) -> ApiError:
    """403 for a request on a resource."""
    subject = f'{resource.qualified} "{name}"' if name else resource.qualified
    return ApiError(403, "Forbidden", f"{subject} is forbidden: {why}", _details(resource, name))


def unauthorized() -> ApiError:
    """401: the token is unknown or expired."""
    return ApiError(401, "Unauthorized", "Unauthorized")


def bad_request(message: str) -> ApiError:
    """400."""
    return ApiError(400, "BadRequest", message)


def invalid(resource: Resource, name: str, causes: list[tuple[str, str, str]]) -> ApiError:
    """422; a cause is (reason, field, message): `FieldValueInvalid`, `spec.replicas`, `Invalid value: -1: …`."""
    texts = [f"{field}: {message}" for _, field, message in causes]
    text = texts[0] if len(texts) == 1 else "[" + ", ".join(texts) + "]"
    details: Json = {"name": name} if name else {}
    if resource.group:
        details["group"] = resource.group
    details["kind"] = resource.kind
    details["causes"] = [{"reason": r, "message": m, "field": f} for r, f, m in causes]
    message = f'{resource.qualified_kind} "{name}" is invalid: {text}'
    return ApiError(422, "Invalid", message, details)


def too_many_requests(retry_after_seconds: int) -> ApiError:
    """429 with Retry-After, as API priority and fairness says it: no `Status`, a line of text."""
    message = "Too many requests, please try again later.\n"
    headers = {"Retry-After": str(retry_after_seconds)}
    return ApiError(429, "TooManyRequests", message, headers=headers, is_plain=True)


def expired(message: str) -> ApiError:
    """410: the version or the continue token is too old."""
    return ApiError(410, "Expired", message)


def not_acceptable() -> ApiError:
    """406: no media type that is asked for can be had."""
    kinds = ("application/json", "application/yaml", "application/vnd.kubernetes.protobuf")
    offered = ", ".join((*kinds, *(f"{kind};stream=watch" for kind in (kinds[0], kinds[2]))))
    message = f"406: Not Acceptable\n\nAvailable representations: {offered}"
    return ApiError(406, "NotAcceptable", message, {})


def unsupported_media_type() -> ApiError:
    """415: the body came in a format that is not accepted here."""
    return ApiError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})


def no_such_resource() -> ApiError:
    """404 for a resource that a known group does not have."""
    message = "the server could not find the requested resource"
    return ApiError(404, "NotFound", message, {})


def precondition_failed(resource: Resource, name: str, field: str, wanted: str, held: str) -> ApiError:
    """409 for a deletion that means another object or another version."""
    became = "deleted and then recreated" if field == "UID" else "modified"
    message = (
        f'Operation cannot be fulfilled on {resource.qualified_kind} "{name}": the {field} in the precondition '
        f"({wanted}) does not match the {field} in record ({held}). The object might have been {became}"
    )
    return ApiError(409, "Conflict", message, _details(resource, name) | {"kind": resource.kind})


def unreadable_patch(patch: str, why: str) -> ApiError:
    """422 for a patch whose result does not fit the typed object."""
    message = f'Invalid value: "{patch}": {why}'
    causes = [{"reason": "FieldValueInvalid", "message": message, "field": "patch"}]
    return ApiError(422, "Invalid", f' "" is invalid: patch: {message}', {"causes": causes})


def method_not_allowed() -> ApiError:
    """405."""
    message = "the server does not allow this method on the requested resource"
    return ApiError(405, "MethodNotAllowed", message, {})


def internal(message: str) -> ApiError:
    """500."""
    details: Json = {"causes": [{"message": message}]}
    return ApiError(500, "InternalError", f"Internal error occurred: {message}", details)


def unavailable(message: str = "the server is currently unable to handle the request") -> ApiError:
    """503."""
    return ApiError(503, "ServiceUnavailable", message)
