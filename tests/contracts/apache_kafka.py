"""A single-node Apache Kafka (KRaft) in a temporary directory, SASL_SSL with PLAIN; it dies with this process."""

from __future__ import annotations

import ctypes
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab.estate.certificates import ServerCertificate, issue
from lab.ports import free_port

_PR_SET_PDEATHSIG = 1
_START_SECONDS = 90


@dataclass(frozen=True)
class ApacheKafka:
    """Where it listens and what a client has to trust."""

    bootstrap: str
    ca_file: Path


@contextmanager
def broker(jars: Path, accounts: Mapping[str, str]) -> Iterator[ApacheKafka]:
    """Running, with these keys and secrets; `admin` has every right, the others what no ACL denies."""
    home = Path(tempfile.mkdtemp(prefix="sfint-kafka-"))
    try:
        certificate = issue("127.0.0.1")
        port, controller_port = free_port(), free_port()
        config = home / "server.properties"
        config.write_text(_properties(home, port, controller_port, certificate, accounts))
        java = ["java", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-cp", f"{jars}/*"]
        cluster_id = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        storage = [*java, "kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(config)]
        subprocess.run(storage, check=True, capture_output=True)
        with (home / "log").open("wb") as log:
            server = subprocess.Popen(
                [*java, "kafka.Kafka", str(config)], stdout=log, stderr=log, preexec_fn=_die_with_the_parent
            )
        try:
            _wait_until_it_listens(home, server, port)
            yield ApacheKafka(f"127.0.0.1:{port}", certificate.write_authority(home / "ca.pem"))
        finally:
            server.kill()
            server.wait(timeout=20)
    finally:
        shutil.rmtree(home)


def _properties(
    home: Path, port: int, controller_port: int, certificate: ServerCertificate, accounts: Mapping[str, str]
) -> str:
    users = " ".join(f'user_{key}="{secret}"' for key, secret in accounts.items())
    login = "org.apache.kafka.common.security.plain.PlainLoginModule"
    admin = f'username="admin" password="{accounts["admin"]}"'
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "listeners": f"CLIENTS://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"CLIENTS://127.0.0.1:{port}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "CLIENTS",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,CLIENTS:SASL_SSL",
        "sasl.enabled.mechanisms": "PLAIN",
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "listener.name.clients.plain.sasl.jaas.config": f"{login} required {admin} {users};",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.certificate.chain": _one_line(certificate.certificate),
        "ssl.keystore.key": _one_line(certificate.private_key),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.certificates": _one_line(certificate.authority),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:admin;User:ANONYMOUS",
        "allow.everyone.if.no.acl.found": "true",
        # As Confluent Cloud has it; what is faster than usual only shortens the waits.
        "auto.create.topics.enable": "false",
        "group.initial.rebalance.delay.ms": "0",
        "log.initial.task.delay.ms": "500",
        "log.retention.check.interval.ms": "500",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "log.dirs": str(home / "data"),
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def _one_line(pem: str) -> str:
    return pem.strip().replace("\n", "\\n")


def _wait_until_it_listens(home: Path, server: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError((home / "log").read_text())


def _die_with_the_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
