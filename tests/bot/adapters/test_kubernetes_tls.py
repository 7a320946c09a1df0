"""The Kubernetes adapter over HTTPS: the cluster's own authority is trusted by its file, and nobody else's is."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.adapters.kubernetes import KubernetesCluster, connect_kubernetes
from bot.domain.errors import Unreachable


def _self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "acme-cluster")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    ca_file, key_file = folder / "ca.pem", folder / "key.pem"
    ca_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return ca_file, key_file


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[tuple[str, Path, list[str]]]:
    """URL, authority file, and the Authorization headers that arrived."""
    ca_file, key_file = _self_signed(tmp_path)
    seen: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization", ""))
        return web.json_response({"kind": "PodList", "items": []})

    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca_file, key_file)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    yield f"https://127.0.0.1:{runner.addresses[0][1]}", ca_file, seen
    await runner.cleanup()


async def test_the_named_authority_is_trusted(server: tuple[str, Path, list[str]]) -> None:
    """URL, token and CA file are all that is needed."""
    url, ca_file, seen = server
    api = await connect_kubernetes(url=url, token="acme-token", ca_file=str(ca_file))
    try:
        assert await KubernetesCluster(api).pods("integrations") == ()
    finally:
        await api.close()

    assert seen == ["Bearer acme-token"]


async def test_an_unknown_authority_gets_no_token(server: tuple[str, Path, list[str]]) -> None:
    """The connection ends before the token is sent."""
    url, _, seen = server
    api = await connect_kubernetes(url=url, token="acme-token")
    try:
        with pytest.raises(Unreachable, match="certificate"):
            await KubernetesCluster(api).pods("integrations")
    finally:
        await api.close()

    assert seen == []
