"""The two peers of the Kafka contract: the stand-in, and a real Apache Kafka where its jars are named.

SFINT_KAFKA_JARS is their directory; `make conformance` fetches them and sets it.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from lab.estate.kafka import KafkaStandIn, Operation, Resource
from tests.contracts import apache_kafka

JARS = "SFINT_KAFKA_JARS"
Deny = Callable[[Resource, str, Operation], None]
ACCOUNTS = {"admin": "admin-secret", "limited": "limited-secret"}
_SECONDS = 10.0
_ACL_RESOURCES = {
    Resource.TOPIC: ResourceType.TOPIC,
    Resource.GROUP: ResourceType.GROUP,
    Resource.CLUSTER: ResourceType.BROKER,
}


@dataclass(frozen=True)
class Peer:
    """A broker with two accounts: `admin`, and `limited`, which may do what is not denied.

    `replication_factor` is what a topic must be created with, and `too_many_replicas` what is refused and how.
    """

    bootstrap: str
    ca_file: Path
    replication_factor: int
    refused_replication: tuple[int, str]
    deny: Deny
    _admins: dict[str, AdminClient] = field(default_factory=dict)

    def options(self, account: str = "admin", **more: Any) -> dict[str, Any]:
        """A client's configuration."""
        return {
            "bootstrap.servers": self.bootstrap,
            "security.protocol": "SASL_SSL",
            "ssl.ca.location": str(self.ca_file),
            "sasl.mechanisms": "PLAIN",
            "sasl.username": account,
            "sasl.password": ACCOUNTS[account],
            "log_level": 0,
            **more,
        }

    def admin(self, account: str = "admin") -> AdminClient:
        """The account's admin client; one that nobody holds would end its own requests."""
        if account not in self._admins:
            self._admins[account] = AdminClient(self.options(account))
        return self._admins[account]

    def name(self, stem: str) -> str:
        """A name that nobody else has."""
        return f"{stem}-{uuid.uuid4().hex[:8]}"


def peer_names() -> list[str]:
    """The stand-in always; the real one where its jars are named."""
    return ["stand-in", *(["apache-kafka"] if os.environ.get(JARS) else [])]


@contextmanager
def open_peer(name: str) -> Iterator[Peer]:
    """The peer, ready."""
    with _PEERS[name]() as peer:
        yield peer


@contextmanager
def running_stand_in() -> Iterator[tuple[KafkaStandIn, asyncio.AbstractEventLoop]]:
    """The stand-in on a loop in a thread of its own, as librdkafka's calls block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="kafka-stand-in")
    thread.start()
    stand_in = KafkaStandIn()
    try:
        asyncio.run_coroutine_threadsafe(stand_in.start(), loop).result(_SECONDS)
        yield stand_in, loop
        asyncio.run_coroutine_threadsafe(stand_in.stop(), loop).result(_SECONDS)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_SECONDS)
        loop.close()


@contextmanager
def _stand_in() -> Iterator[Peer]:
    with running_stand_in() as (stand_in, _), tempfile.TemporaryDirectory(prefix="sfint-kafka-") as home:
        accounts = {key: stand_in.accounts.add(key, secret) for key, secret in ACCOUNTS.items()}

        def deny(resource: Resource, name: str, operation: Operation) -> None:
            accounts["limited"].deny(resource, name, operation)

        ca_file = stand_in.certificate.write_authority(Path(home) / "ca.pem")
        yield Peer(stand_in.bootstrap, ca_file, 3, (1, "POLICY_VIOLATION"), deny)


@contextmanager
def _apache_kafka() -> Iterator[Peer]:
    with apache_kafka.broker(Path(os.environ[JARS]), ACCOUNTS) as running:

        def deny(resource: Resource, name: str, operation: Operation) -> None:
            _deny_by_acl(peer.admin(), resource, name, operation)

        refused = (3, "INVALID_REPLICATION_FACTOR")
        peer = Peer(running.bootstrap, running.ca_file, 1, refused, deny)
        yield peer


_PEERS = {"stand-in": _stand_in, "apache-kafka": _apache_kafka}


def _deny_by_acl(admin: AdminClient, resource: Resource, name: str, operation: Operation) -> None:
    """A denial, and beside it the permission that the first ACL of a resource would take from everybody."""
    acl_operation = AclOperation[operation.name]
    bindings = [
        _binding(resource, name, "User:*", AclOperation.ALL, AclPermissionType.ALLOW),
        _binding(resource, name, "User:limited", acl_operation, AclPermissionType.DENY),
    ]
    for future in admin.create_acls(bindings).values():
        future.result(_SECONDS)
    deadline = time.monotonic() + _SECONDS
    while not set(bindings) <= set(_acls(admin)):
        assert time.monotonic() < deadline, "the ACLs are not in force"
        time.sleep(0.02)


def _acls(admin: AdminClient) -> list[AclBinding]:
    any_filter = AclBindingFilter(
        ResourceType.ANY, None, ResourcePatternType.ANY, None, None, AclOperation.ANY, AclPermissionType.ANY
    )
    return list(admin.describe_acls(any_filter).result(_SECONDS))


def _binding(
    resource: Resource, name: str, who: str, operation: AclOperation, permission: AclPermissionType
) -> AclBinding:
    pattern = ResourcePatternType.LITERAL
    return AclBinding(_ACL_RESOURCES[resource], name, pattern, who, "*", operation, permission)
