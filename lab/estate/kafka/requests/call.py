"""One request on its way to its handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kio.schema.errors import ErrorCode

from lab.estate.kafka.accounts import Account, Operation, Resource
from lab.estate.kafka.cluster import Cluster
from lab.estate.kafka.topics import Refused
from lab.estate.kafka.wire import Answer

NODE_ID = 0
_DENIED = {
    Resource.TOPIC: ErrorCode.topic_authorization_failed,
    Resource.GROUP: ErrorCode.group_authorization_failed,
    Resource.CLUSTER: ErrorCode.cluster_authorization_failed,
}


@dataclass(frozen=True)
class Call:
    """Who asks for what. `request` is an entity of kio, whose class depends on API and version."""

    cluster: Cluster
    account: Account
    version: int
    client_id: str
    client_host: str
    request: Any

    def denial(self, operation: Operation, resource: Resource, name: str = "kafka-cluster") -> ErrorCode | None:
        """The code that says no, or None for yes."""
        return None if self.account.may(operation, resource, name) else _DENIED[resource]

    def require(self, operation: Operation, resource: Resource, name: str = "kafka-cluster") -> None:
        """Raises Refused in the broker's words."""
        code = self.denial(operation, resource, name)
        if code is not None:
            raise Refused(code, f"{resource.value.capitalize()} authorization failed.")


Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True)
class Api:
    """A handler and the versions of its API that it speaks."""

    handler: Handler
    versions: Sequence[int]
