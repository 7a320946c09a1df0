"""Authorities are read once, and a file's own are never mixed with the public ones."""

from __future__ import annotations

import ssl
from pathlib import Path

import certifi
import pytest

from bot.adapters.authorities import authorities, system_authorities
from bot.adapters.kubernetes_credentials import connect_kubernetes


def one_certificate(folder: Path) -> str:
    """A file with the first of the public ones."""
    end = "-----END CERTIFICATE-----\n"
    first, _, _ = Path(certifi.where()).read_text(encoding="utf-8").partition(end)
    file = folder / "ca.pem"
    file.write_text(first + end, encoding="utf-8")
    return str(file)


def test_each_authority_is_read_once(tmp_path: Path) -> None:
    """However many targets there are."""
    own = one_certificate(tmp_path)

    assert authorities() is authorities()
    assert authorities(own) is authorities(own)
    assert system_authorities() is system_authorities()


def test_a_file_is_believed_alone(tmp_path: Path) -> None:
    """And everybody's host name and certificate are looked at."""
    contexts = [authorities(one_certificate(tmp_path)), authorities(), system_authorities()]

    assert contexts[0].cert_store_stats()["x509"] == 1
    assert contexts[1].cert_store_stats()["x509"] > 1
    assert all(each.verify_mode is ssl.CERT_REQUIRED and each.check_hostname for each in contexts)


def test_a_file_without_certificates_is_refused(tmp_path: Path) -> None:
    """Each time."""
    (tmp_path / "ca.pem").write_text("nothing", encoding="utf-8")

    for _ in range(2):
        with pytest.raises(ssl.SSLError):
            authorities(str(tmp_path / "ca.pem"))


async def test_clusters_share_what_is_not_their_own(tmp_path: Path) -> None:
    """A cluster with an authority of its own has it for itself."""
    plain = await connect_kubernetes(url="https://127.0.0.1:1", token="t")
    own = await connect_kubernetes(url="https://127.0.0.1:1", token="t", ca_file=one_certificate(tmp_path))
    try:
        assert plain._client.rest_client.ssl_context is system_authorities()
        assert own._client.rest_client.ssl_context.cert_store_stats()["x509"] == 1
    finally:
        await plain.close()
        await own.close()
