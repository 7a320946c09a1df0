"""The JWT bearer and client credentials flows through the adapter, against the org on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from bot.adapters.salesforce import (
    ClientCredentialsLogin,
    JwtBearerLogin,
    LoginLimits,
    SalesforceCrm,
    SalesforceLogin,
)
from bot.domain.salesforce import CallVerdict, LoginFlow, TokenVerdict
from bot.ports.logins import Attempt
from lab.estate.faults import Fault
from lab.estate.salesforce.server import TOKEN_PATH, SalesforceStandIn


@dataclass(frozen=True)
class Pair:
    """A private key and its certificate, both in PEM."""

    private_key: str
    certificate: str


class Clock:
    """The machine's time, moved by `shift`."""

    def __init__(self) -> None:
        self.shift = timedelta(0)

    def now(self) -> datetime:
        """The wall time."""
        return datetime.now(UTC) + self.shift

    def monotonic(self) -> float:
        """The same, in seconds."""
        return self.now().timestamp()

    async def sleep(self, seconds: float) -> None:
        """Moves on."""
        self.shift += timedelta(seconds=seconds)


class Book:
    """A book of log-ins in memory."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []

    async def record(self, target: str, at: datetime, ok: bool, fingerprint: str) -> None:
        """Adds one."""
        self.attempts.append(Attempt(at, ok, fingerprint))

    async def since(self, target: str, at: datetime) -> tuple[Attempt, ...]:
        """All that are young enough."""
        return tuple(one for one in self.attempts if one.at >= at)


class World:
    """An org that knows our certificate and has a run-as user."""

    def __init__(self, org: SalesforceStandIn, pair: Pair) -> None:
        self.stand_in, self.org, self.clock, self.book = org, org.org, Clock(), Book()
        self.org.certificate_pem = pair.certificate
        self.org.client_credentials_user = self.org.username
        self.jwt = JwtBearerLogin(org.login_url, self.org.username, self.org.client_id, pair.private_key)
        self.client = ClientCredentialsLogin(org.instance_url, self.org.client_id, self.org.client_secret)
        self.opened: list[SalesforceCrm] = []

    def crm(self, login: SalesforceLogin, limits: LoginLimits | None = None) -> SalesforceCrm:
        """As the composition root makes it; closed at the end."""
        made = SalesforceCrm(login, target="acme-prod", book=self.book, clock=self.clock, limits=limits)
        self.opened.append(made)
        return made

    def asked(self, name: str) -> str:
        """A field of the last form that reached the token endpoint."""
        return parse_qs(self.stand_in.token_requests[-1].body)[name][0]


def _pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, secret: bytes = b"") -> str:
    how = serialization.BestAvailableEncryption(secret) if secret else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how).decode()


def _pair() -> Pair:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "acme")])
    now = datetime.now(UTC)
    until = now + timedelta(days=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, until)
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    return Pair(_pem(key), certificate.decode())


@pytest.fixture(scope="module")
def pair() -> Pair:
    """Made once: keys are slow."""
    return _pair()


@pytest.fixture
async def world(pair: Pair) -> AsyncIterator[World]:
    """A fresh org for each test."""
    async with SalesforceStandIn() as stand_in:
        made = World(stand_in, pair)
        yield made
        for crm in made.opened:
            await crm.aclose()


LOGINS: dict[LoginFlow, Callable[[World], SalesforceLogin]] = {
    LoginFlow.JWT_BEARER: lambda world: world.jwt,
    LoginFlow.CLIENT_CREDENTIALS: lambda world: world.client,
}


@pytest.mark.parametrize("flow", LOGINS)
async def test_a_log_in_and_a_call_work(world: World, flow: LoginFlow) -> None:
    """The token is proved by one call, whatever flow it came by."""
    crm = world.crm(LOGINS[flow](world))

    token = await crm.log_in()
    answer = await crm.call(token)

    assert (token.verdict, token.flow, answer.verdict) == (TokenVerdict.OK, flow, CallVerdict.OK)


async def test_the_assertion_lives_under_three_minutes_and_names_the_login_host(world: World) -> None:
    """Issuer, subject, audience, RS256; a new one for each log-in."""
    await world.crm(world.jwt).log_in()

    assertion = world.asked("assertion")
    claims = jwt.decode(assertion, options={"verify_signature": False})
    assert jwt.get_unverified_header(assertion)["alg"] == "RS256"
    assert (claims["iss"], claims["sub"]) == (world.org.client_id, world.org.username)
    assert claims["aud"] == world.stand_in.login_url
    assert 60 < claims["exp"] - world.clock.now().timestamp() <= 180
    assert world.asked("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer"


async def test_an_audience_of_ones_own_is_sent(world: World) -> None:
    """A My Domain login host with the audience of the shared one."""
    login = replace(world.jwt, login_url=world.stand_in.instance_url, audience=world.stand_in.login_url)

    assert (await world.crm(login).log_in()).verdict is TokenVerdict.OK
    audience = jwt.decode(world.asked("assertion"), options={"verify_signature": False})["aud"]
    assert audience == world.stand_in.login_url


def _unapproved(world: World) -> SalesforceLogin:
    world.org.app_is_approved = False
    return world.jwt


def _late(world: World) -> SalesforceLogin:
    world.clock.shift = timedelta(minutes=-5)
    return world.jwt


def _no_run_as_user(world: World) -> SalesforceLogin:
    world.org.client_credentials_user = None
    return world.client


REFUSALS: dict[str, tuple[Callable[[World], SalesforceLogin], TokenVerdict, str]] = {
    "audience": (
        lambda world: replace(world.jwt, audience="https://x.example.com"),
        TokenVerdict.FLOW_SETUP,
        "audience validation failed",
    ),
    "another key": (
        lambda world: replace(world.jwt, private_key=_pair().private_key),
        TokenVerdict.FLOW_SETUP,
        "invalid assertion",
    ),
    "clock behind": (_late, TokenVerdict.FLOW_SETUP, "invalid assertion"),
    "another app": (
        lambda world: replace(world.jwt, client_id="another"),
        TokenVerdict.INVALID_CLIENT_ID,
        "client identifier invalid",
    ),
    "not approved": (_unapproved, TokenVerdict.NOT_APPROVED, "user hasn't approved this consumer"),
    "no run-as user": (_no_run_as_user, TokenVerdict.FLOW_SETUP, "no client credentials user enabled"),
    "shared host": (
        lambda world: replace(world.client, login_url=world.stand_in.login_url),
        TokenVerdict.WRONG_DOMAIN,
        "request not supported on this domain",
    ),
    "secret": (
        lambda world: replace(world.client, client_secret="wrong"),
        TokenVerdict.INVALID_CLIENT,
        "invalid client credentials",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_a_refusal_is_told_by_its_words(world: World, name: str) -> None:
    """Salesforce's own words travel with the verdict."""
    spoil, verdict, words = REFUSALS[name]

    answer = await world.crm(spoil(world)).log_in()

    assert (answer.verdict, answer.description) == (verdict, words)


@pytest.mark.parametrize("flow", LOGINS)
async def test_the_limiter_holds_every_flow_back(world: World, flow: LoginFlow) -> None:
    """Three refusals in a row, though every assertion differs, and the fourth log-in never leaves."""
    world.org.refuse_token_with = ("invalid_grant", "authentication failure")
    crm = world.crm(LOGINS[flow](world), LoginLimits(failures=3, reuse_seconds=0))

    answers = [await crm.log_in() for _ in range(4)]

    assert len(world.stand_in.token_requests) == 3
    assert answers[3].retry_after_seconds > 0
    restarted = await world.crm(LOGINS[flow](world), LoginLimits(failures=3)).log_in()
    assert (restarted.verdict, restarted.flow) == (TokenVerdict.HELD_BACK, flow)


@pytest.mark.parametrize("flow", LOGINS)
async def test_no_secret_is_ever_shown(world: World, flow: LoginFlow) -> None:
    """Not in a repr, not in the book, not if the peer echoes it."""
    login = LOGINS[flow](world)
    secret = world.org.client_secret if flow is LoginFlow.CLIENT_CREDENTIALS else world.jwt.private_key
    world.stand_in.faults.add(
        Fault.json(400, {"error": "x", "error_description": f"bad {secret}"}, path=TOKEN_PATH)
    )

    answer = await world.crm(login).log_in()

    assert secret.strip() not in f"{answer!r} {login!r} {world.book.attempts!r} {answer.description}"


@pytest.mark.parametrize(
    "key",
    [
        "-----BEGIN PRIVATE KEY-----\nbm90IGEga2V5\n-----END PRIVATE KEY-----",
        "planted-nonsense",
        _pem(ec.generate_private_key(ec.SECP256R1())),
        _pem(rsa.generate_private_key(public_exponent=65537, key_size=2048), b"planted"),
    ],
    ids=["torn", "nonsense", "not RSA", "passphrase"],
)
def test_a_key_that_cannot_sign_is_told_at_the_start(key: str) -> None:
    """Never with what the library said, which may quote the key."""
    with pytest.raises(ValueError, match="RSA private key in PEM without a passphrase") as caught:
        JwtBearerLogin("https://login.salesforce.com", "u", "c", key)

    assert caught.value.__cause__ is None
    assert "planted" not in str(caught.value)
