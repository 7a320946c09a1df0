"""Every row of the OAuth error table, produced by its cause and read by a plain HTTP client."""

import base64
import json
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from lab.estate.faults import Fault
from lab.estate.salesforce import Org, SalesforceStandIn

TOKEN = "/services/oauth2/token"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@pytest.fixture
async def salesforce() -> AsyncIterator[SalesforceStandIn]:
    async with SalesforceStandIn() as stand_in:
        yield stand_in


def form(org: Org, **changes: str) -> dict[str, str]:
    """A right password-flow form with some fields changed."""
    right = {
        "grant_type": "password",
        "client_id": org.client_id,
        "client_secret": org.client_secret,
        "username": org.username,
        "password": org.password + org.security_token,
    }
    return right | changes


async def log_in(salesforce: SalesforceStandIn, **changes: str) -> httpx.Response:
    """POST the form to the login host."""
    async with httpx.AsyncClient() as client:
        return await client.post(salesforce.url + TOKEN, data=form(salesforce.org, **changes))


def refusal(response: httpx.Response) -> tuple[int, str, str]:
    """Status, error, description."""
    return response.status_code, response.json()["error"], response.json()["error_description"]


async def test_password_flow_grants_a_token_and_names_the_instance(salesforce: SalesforceStandIn) -> None:
    """A right login answers 200 with the documented keys; issued_at is milliseconds in a string."""
    response = await log_in(salesforce)

    body = response.json()
    assert response.status_code == 200
    assert set(body) == {"access_token", "instance_url", "id", "token_type", "issued_at", "signature"}
    assert body["instance_url"] == salesforce.instance_url
    assert body["token_type"] == "Bearer"
    assert abs(int(body["issued_at"]) / 1000 - time.time()) < 60


CAUSES: list[tuple[str, dict[str, str], dict[str, object], tuple[str, str]]] = [
    ("wrong password", {"password": "nope"}, {}, ("invalid_grant", "authentication failure")),
    ("no security token", {"password": "acme-password"}, {}, ("invalid_grant", "authentication failure")),
    ("unknown user", {"username": "x@acme.example.com"}, {}, ("invalid_grant", "authentication failure")),
    ("locked user", {}, {"user_is_locked": True}, ("invalid_grant", "authentication failure")),
    ("inactive user", {}, {"user_is_active": False}, ("invalid_grant", "authentication failure")),
    ("flow disabled", {}, {"flow_is_disabled": True}, ("invalid_grant", "authentication failure")),
    ("restricted address", {}, {"ip_is_restricted": True}, ("invalid_grant", "ip restricted")),
    ("login rate", {}, {"logins_per_hour": 0}, ("invalid_grant", "login rate exceeded")),
    ("not approved", {}, {"app_is_approved": False}, ("invalid_grant", "user hasn't approved this consumer")),
    ("refresh flow", {"grant_type": "refresh_token"}, {}, ("invalid_grant", "expired access/refresh token")),
    ("wrong secret", {"client_secret": "x"}, {}, ("invalid_client", "invalid client credentials")),
    ("wrong id", {"client_id": "x"}, {}, ("invalid_client_id", "client identifier invalid")),
    ("unknown grant", {"grant_type": "x"}, {}, ("unsupported_grant_type", "grant type not supported")),
    ("inactive org", {}, {"org_is_active": False}, ("inactive_org", "organization is inactive")),
    (
        "older spelling of the rate limit",
        {},
        {"refuse_token_with": ("rate_limit_exceeded", "login rate exceeded")},
        ("rate_limit_exceeded", "login rate exceeded"),
    ),
]


@pytest.mark.parametrize(
    ("changes", "settings", "expected"), [row[1:] for row in CAUSES], ids=[row[0] for row in CAUSES]
)
async def test_each_cause_is_refused_in_its_words(
    salesforce: SalesforceStandIn,
    changes: dict[str, str],
    settings: dict[str, object],
    expected: tuple[str, str],
) -> None:
    """Every refusal is a 400 with the error and description of the table."""
    for name, value in settings.items():
        setattr(salesforce.org, name, value)

    response = await log_in(salesforce, **changes)

    assert refusal(response) == (400, *expected)


async def test_json_body_is_an_unsupported_grant(salesforce: SalesforceStandIn) -> None:
    """A wrong content type hides the grant type from Salesforce."""
    async with httpx.AsyncClient() as client:
        response = await client.post(salesforce.url + TOKEN, json=form(salesforce.org))

    assert refusal(response) == (400, "unsupported_grant_type", "grant type not supported")


async def test_get_is_an_invalid_request(salesforce: SalesforceStandIn) -> None:
    """Only POST reaches the grant."""
    async with httpx.AsyncClient() as client:
        response = await client.get(salesforce.url + TOKEN)

    assert refusal(response) == (400, "invalid_request", "must use HTTP POST")


async def test_ten_bad_passwords_in_a_row_lock_the_user(salesforce: SalesforceStandIn) -> None:
    """After the lock even the right password fails with the same vague words, until unlocked."""
    for _ in range(salesforce.org.lock_after):
        await log_in(salesforce, password="guess")
    locked = await log_in(salesforce)
    salesforce.org.unlock()
    unlocked = await log_in(salesforce)

    assert refusal(locked) == (400, "invalid_grant", "authentication failure")
    assert unlocked.status_code == 200
    assert len(salesforce.token_requests) == salesforce.org.lock_after + 2


async def test_a_success_forgives_the_failures_before_it(salesforce: SalesforceStandIn) -> None:
    """Only consecutive failures count."""
    for password in ["bad"] * 9 + [salesforce.org.password + salesforce.org.security_token] + ["bad"] * 9:
        await log_in(salesforce, password=password)

    assert not salesforce.org.is_locked()


async def test_wrong_secret_never_locks_the_user(salesforce: SalesforceStandIn) -> None:
    """The client is checked before the password is looked at."""
    for _ in range(salesforce.org.lock_after + 1):
        await log_in(salesforce, client_secret="x", password="bad")

    assert not salesforce.org.is_locked()


async def test_login_history_tells_what_the_endpoint_hides(salesforce: SalesforceStandIn) -> None:
    """The vague answer has its reason in LoginHistory."""
    await log_in(salesforce, password="bad")
    await log_in(salesforce)

    statuses = [row["Status"] for row in salesforce.org.store.rows("LoginHistory")]
    assert statuses == ["Invalid Password", "Success"]


async def test_empty_token_mode_answers_200_with_an_empty_token(salesforce: SalesforceStandIn) -> None:
    """The cause of the empty Bearer: a login that looks fine."""
    salesforce.org.sends_empty_token = True

    response = await log_in(salesforce)

    assert (response.status_code, response.json()["access_token"]) == (200, "")


async def test_client_credentials_needs_the_my_domain_host(salesforce: SalesforceStandIn) -> None:
    """The login host refuses the flow; My Domain wants a run-as user and then grants."""
    data = form(salesforce.org, grant_type="client_credentials")
    async with httpx.AsyncClient() as client:
        wrong_host = await client.post(salesforce.url + TOKEN, data=data)
        no_user = await client.post(salesforce.instance_url + TOKEN, data=data)
        salesforce.org.client_credentials_user = salesforce.org.username
        granted = await client.post(salesforce.instance_url + TOKEN, data=data)

    assert refusal(wrong_host) == (400, "invalid_grant", "request not supported on this domain")
    assert refusal(no_user) == (400, "invalid_grant", "no client credentials user enabled")
    assert granted.status_code == 200


@pytest.fixture(scope="module")
def key_and_certificate() -> tuple[rsa.RSAPrivateKey, str]:
    """A key pair as the connected app's administrator would upload it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "acme")])
    now = datetime.now(UTC)
    until = now + timedelta(days=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, until)
    certificate = builder.sign(key, hashes.SHA256())
    return key, certificate.public_bytes(serialization.Encoding.PEM).decode()


def assertion(key: rsa.RSAPrivateKey, **claims: object) -> str:
    """A signed RS256 JWT."""

    def encoded(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    signed = ".".join(encoded(json.dumps(part).encode()) for part in ({"alg": "RS256"}, claims))
    return f"{signed}.{encoded(key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


JWT_ROWS: list[tuple[str, Callable[[dict[str, object]], dict[str, object]], str | None]] = [
    ("right", lambda claims: claims, None),
    ("wrong audience", lambda claims: claims | {"aud": "https://x.example.com"}, "audience validation failed"),
    ("too long", lambda claims: claims | {"exp": time.time() + 900}, "invalid assertion"),
    ("other user", lambda claims: claims | {"sub": "x"}, "user hasn't approved this consumer"),
]


@pytest.mark.parametrize(
    ("change", "description"), [row[1:] for row in JWT_ROWS], ids=[row[0] for row in JWT_ROWS]
)
async def test_jwt_bearer(
    salesforce: SalesforceStandIn,
    key_and_certificate: tuple[rsa.RSAPrivateKey, str],
    change: Callable[[dict[str, object]], dict[str, object]],
    description: str | None,
) -> None:
    """The assertion's audience, life time, subject and signature are checked."""
    key, salesforce.org.certificate_pem = key_and_certificate
    claims: dict[str, object] = {
        "iss": salesforce.org.client_id,
        "sub": salesforce.org.username,
        "aud": salesforce.url,
        "exp": time.time() + 120,
    }

    response = await log_in(salesforce, grant_type=JWT_BEARER, assertion=assertion(key, **change(claims)))

    if description is None:
        assert response.status_code == 200
    else:
        assert refusal(response) == (400, "invalid_grant", description)


async def test_unsigned_assertion_is_invalid(
    salesforce: SalesforceStandIn, key_and_certificate: tuple[rsa.RSAPrivateKey, str]
) -> None:
    """A signature of somebody else's key is refused."""
    salesforce.org.certificate_pem = key_and_certificate[1]
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    response = await log_in(salesforce, grant_type=JWT_BEARER, assertion=assertion(stranger, iss="x"))

    assert refusal(response) == (400, "invalid_grant", "invalid assertion")


FAULTS = [
    (Fault.html(200), 200, "text/html"),
    (Fault.empty(200), 200, "text/plain"),
    (Fault.unavailable(503), 503, "text/plain"),
    (Fault.rate_limited(7), 429, "text/plain"),
    (Fault.json(400, {"error": "invalid_app_access"}), 400, "application/json"),
]


@pytest.mark.parametrize(("fault", "status", "content_type"), FAULTS, ids=lambda value: str(value)[:12])
async def test_fault_answers_once_and_then_heals(
    salesforce: SalesforceStandIn, fault: Fault, status: int, content_type: str
) -> None:
    """Each fault replaces the answer as often as told."""
    fault.times = 1
    salesforce.faults.add(fault)

    broken = await log_in(salesforce)
    healed = await log_in(salesforce)

    assert (broken.status_code, broken.headers["content-type"].split(";")[0]) == (status, content_type)
    assert healed.status_code == 200


async def test_silence_and_a_cut_line_reach_the_caller(salesforce: SalesforceStandIn) -> None:
    """A silent endpoint runs into the caller's time-out, a dropped one into a protocol error."""
    silent = salesforce.faults.add(Fault.silent())
    async with httpx.AsyncClient(timeout=0.2) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.post(salesforce.url + TOKEN, data=form(salesforce.org))
        salesforce.faults.remove(silent)
        salesforce.faults.add(Fault.dropped())
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post(salesforce.url + TOKEN, data=form(salesforce.org))
