"""A port of a pod through the Kubernetes API: bytes both ways, TLS inside, and refusals in words."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.adapters.kubernetes import connect_kubernetes
from bot.adapters.kubernetes_portforward import PortForward
from bot.adapters.redis_link import Login, Tls, linked
from bot.domain.errors import AccessDenied, NotFound, Unreachable
from bot.domain.workload import Pod
from lab.estate.kubernetes import Rule
from tests.bot.adapters.forwarding_api import NAMESPACE, ForwardingApi, forwarding_api
from tests.bot.adapters.redis_processes import pod_at

_ADDRESS = "127.91.8.11"
_POD = pod_at("node-0", _ADDRESS)
_SECRET = "open-sesame"


@pytest.fixture
async def api() -> AsyncIterator[ForwardingApi]:
    """An API that lets us forward ports."""
    async with forwarding_api() as opened:
        yield opened


@asynccontextmanager
async def _server(tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A pod's port: echoes, and answers as a Redis with a password does."""
    served: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.add(asyncio.current_task())
        while data := await reader.read(65536):
            if b"AUTH" in data:
                data = b"+OK\r\n" if _SECRET.encode() in data else b"-WRONGPASS invalid password\r\n"
            elif b"PING" in data:
                data = b"+PONG\r\n"
            writer.write(data)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, _ADDRESS, 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.gather(*(task for task in served if task is not None))


async def test_a_megabyte_comes_back_as_it_went(api: ForwardingApi) -> None:
    """Frames are cut where the peers like; the stream is whole and has no greeting in it."""
    sent = bytes(range(256)) * 4096
    async with _server() as port, api.dial(_POD, port) as dialled:
        reader, writer = await asyncio.open_connection(sock=dialled.socket)

        writer.write(sent)
        back = await reader.readexactly(len(sent))
        writer.close()

    assert back == sent
    assert dialled.problem() is None


async def test_tls_and_the_password_go_to_the_pod_itself(api: ForwardingApi, tmp_path: Path) -> None:
    """The API server carries what it cannot read."""
    ca_file, context = _certificate(tmp_path)
    async with _server(context) as port:
        async with linked(api.dial, _POD, port, Login(password=_SECRET), Tls(ca_file), 2.0) as link:
            assert await link.ask("PING") == "PONG"

        with pytest.raises(AccessDenied, match="WRONGPASS"):
            async with linked(api.dial, _POD, port, Login(password="wrong"), Tls(ca_file), 2.0):
                pass
        with pytest.raises(Unreachable, match=r"TLS: self.signed certificate"):
            async with linked(api.dial, _POD, port, Login(), Tls(), 2.0):
                pass


async def test_a_closed_port_is_the_pods_refusal(api: ForwardingApi) -> None:
    """The stream begins, and only its error channel tells."""
    with pytest.raises(Unreachable, match=r"node-0:1 cannot be reached: Connection refused \(inside the pod"):
        async with linked(api.dial, _POD, 1, Login(), None, 2.0) as link:
            await link.ask("PING")


@pytest.mark.parametrize(("granted", "missing"), [((), "get"), (("get",), "create")])
async def test_a_missing_permission_is_named(granted: Sequence[str], missing: str) -> None:
    """A WebSocket needs `get`, and since Kubernetes 1.35 `create` too."""
    rules = [Rule(tuple(granted), ("",), ("pods/portforward",))]
    async with forwarding_api(rules) as api:
        with pytest.raises(AccessDenied, match=rf"not allow us to {missing} pods/portforward .*port 1 of node-0"):
            async with api.dial(_POD, 1):
                pass


async def test_a_pod_that_is_not_there_or_not_running_is_told(api: ForwardingApi) -> None:
    """Before anything is asked where the phase says it, by the API's own words else."""
    forward = PortForward(api.api, NAMESPACE)
    pending = Pod("node-1", "uid", "", "Pending", False, False, (), {})

    with pytest.raises(Unreachable, match=r"node-1 is not running \(Pending\)"):
        async with forward(pending, 1):
            pass
    with pytest.raises(NotFound, match='"node-0" not found'):
        async with forward(_POD, 1):
            pass
    api.hold(_POD, phase="Failed")
    with pytest.raises(Unreachable, match="is not running"):
        async with forward(_POD, 1):
            pass


async def test_an_expired_token_says_where_the_new_one_belongs(api: ForwardingApi) -> None:
    """Rancher's tokens end after their time to live."""
    api.http.gate.expel(api.token)

    with pytest.raises(AccessDenied, match=r"has expired \(Rancher tokens have a TTL\): make a new one"):
        async with api.dial(_POD, 1):
            pass


async def test_a_renewed_kubeconfig_is_read_again(api: ForwardingApi, tmp_path: Path) -> None:
    """A token that was renewed in the file needs no restart, on a WebSocket either."""
    file = tmp_path / "kubeconfig"
    url = api.http_url

    def write(token: str) -> None:
        file.write_text(
            f"{{apiVersion: v1, kind: Config, current-context: lab, clusters: [{{name: lab, cluster: "
            f"{{server: '{url}'}}}}], users: [{{name: bot, user: {{token: '{token}'}}}}], "
            f"contexts: [{{name: lab, context: {{cluster: lab, user: bot}}}}]}}"
        )

    write("outdated")
    connected = await connect_kubernetes(kubeconfig=str(file), deadline_seconds=2.0)
    write(api.token)
    api.hold(_POD)
    try:
        async with _server() as port, PortForward(connected, NAMESPACE)(_POD, port) as dialled:
            assert dialled.problem() is None
    finally:
        await connected.close()


async def test_a_broken_off_api_server_ends_the_stream(api: ForwardingApi) -> None:
    """The reader sees the end, and does not wait for its deadline."""
    async with _server() as port, api.dial(_POD, port) as dialled:
        reader, writer = await asyncio.open_connection(sock=dialled.socket)
        writer.write(b"hello")
        assert await reader.readexactly(5) == b"hello"

        await api.stop()

        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()


def _certificate(folder: Path) -> tuple[str, ssl.SSLContext]:
    """An authority that is its own server, for the address of the pod."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "redis")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(_ADDRESS))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    ca_file, key_file = folder / "ca.pem", folder / "key.pem"
    ca_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca_file, key_file)
    return str(ca_file), context
