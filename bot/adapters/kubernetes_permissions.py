"""Every permission that the adapters use, with its reason: the one list for roles, proofs and documents."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Need(StrEnum):
    """When a permission is needed; the value completes `only needed …`."""

    ALWAYS = "always"
    ACT = "with mode: act"
    STUCK_PODS = "to delete pods that hang while Redis is scaled to 0 (else a person does)"
    PORT_FORWARD = "with reach: port-forward"


@dataclass(frozen=True, slots=True)
class Permission:
    """A verb on a resource of the target's namespace; `resource` may name a subresource (`pods/log`)."""

    verb: str
    group: str
    resource: str
    why: str
    need: Need = Need.ALWAYS

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}{f'.{self.group}' if self.group else ''}"


_READING = ("list pods", "get pods/log", "get deployments.apps")
PERMISSIONS = (
    Permission("list", "", "pods", "which pods there are, their addresses, restarts and crash loops"),
    Permission("get", "", "pods/log", "evidence before a restart, and the addresses that the middleware dials"),
    Permission("list", "", "events", "why a pod does not start"),
    Permission("list", "", "services", "tells a Service's address from a pod's that is gone"),
    Permission("list", "autoscaling", "horizontalpodautoscalers", "an autoscaler would undo a scale-down"),
    Permission("get", "apps", "deployments", "state of the middleware"),
    Permission("get", "apps", "statefulsets", "state of Redis, and the count to restore"),
    Permission("patch", "apps", "deployments", "restarts the middleware (an annotation)", Need.ACT),
    Permission("patch", "apps", "statefulsets", "scales Redis, with its annotations in one write", Need.ACT),
    Permission("delete", "", "pods", "a stuck pod stops a scale-down", Need.STUCK_PODS),
    Permission("get", "", "pods/portforward", "opens the WebSocket to Redis and Sentinel", Need.PORT_FORWARD),
    Permission("create", "", "pods/portforward", "the same since Kubernetes 1.35", Need.PORT_FORWARD),
)

READING = tuple(each for each in PERMISSIONS if str(each) in _READING)
"""All that is needed in a namespace where the bot only looks at services of others."""
