"""`sfint token-test` on a terminal by each log-in flow, with nothing but the settings changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from lab.world import World
from tests.journeys.room import Finished, sfint


def _key_and_certificate() -> tuple[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "acme")])
    now = datetime.now(UTC)
    until = now + timedelta(days=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, until)
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private.decode(), certificate.decode()


async def _token_test(world: World, name: str, salesforce: dict[str, Any]) -> Finished:
    """With this `salesforce` section, in a configuration of its own: a log-in before does not hold it back."""
    settings = yaml.safe_load(world.bot.config.read_text())
    kept = ("client_id", "limiter")
    target = settings["targets"]["acme-prod"]
    target["salesforce"] = {key: target["salesforce"][key] for key in kept} | salesforce
    directory = world.directory / name
    directory.mkdir()
    settings["store"]["directory"] = str(directory)
    config = world.directory / f"{name}.yml"
    config.write_text(yaml.safe_dump(settings))
    return await sfint(world, "token-test", config=str(config))


@pytest.mark.parametrize("is_set_up", [True, False], ids=["set up", "not set up"])
async def test_each_flow_is_tested_and_explained(is_set_up: bool, tmp_path: Path) -> None:
    """A token and a call; where the org says no, its words and what to look at, and no secret."""
    key, certificate = _key_and_certificate()
    (tmp_path / "key.pem").write_text(key)
    async with World(with_bot=False) as world:
        org = world.salesforce.org
        if is_set_up:
            org.certificate_pem, org.client_credentials_user = certificate, org.username

        by_key = await _token_test(
            world,
            "jwt",
            {
                "flow": "jwt-bearer",
                "login_url": world.salesforce.login_url,
                "username": org.username,
                "private_key_file": str(tmp_path / "key.pem"),
            },
        )
        by_client = await _token_test(
            world,
            "client",
            {
                "flow": "client-credentials",
                "login_url": world.salesforce.instance_url,
                "client_secret": "env:ACME_SF_CLIENT_SECRET",
            },
        )

    said = by_key.out + by_client.out
    assert (by_key.code, by_client.code) == ((0, 0) if is_set_up else (1, 1)), said + by_key.err + by_client.err
    if is_set_up:
        assert said.count("a call with the token works") == 2
        return
    assert "invalid_grant / invalid assertion" in by_key.out
    assert "the private key must belong to the app's certificate" in by_key.out
    assert "invalid_grant / no client credentials user enabled" in by_client.out
    assert "the flow may be disabled" in by_client.out
    assert org.client_secret not in said
