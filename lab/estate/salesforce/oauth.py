"""The token endpoint: which grant is refused with which words, in the order in which Salesforce looks."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from lab.estate.salesforce.errors import OAuthError
from lab.estate.salesforce.org import Org
from lab.estate.salesforce.records import eighteen, timestamp

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
JWT_LIFETIME_SECONDS = 180

_VAGUE = OAuthError("invalid_grant", "authentication failure")


def grant(org: Org, form: Mapping[str, str], *, is_my_domain: bool, login_url: str, instance_url: str,
          source_ip: str) -> dict[str, str]:  # fmt: skip
    """The 200 body of the token endpoint, or an OAuthError.

    `is_my_domain` tells which of the two hosts was asked; a JWT's audience must be `login_url`.
    """
    if org.refuse_token_with is not None:
        raise OAuthError(*org.refuse_token_with)
    flows = {"password", "client_credentials", "refresh_token", JWT_BEARER}
    if form.get("grant_type") not in flows:
        raise OAuthError("unsupported_grant_type", "grant type not supported")
    if not org.org_is_active:
        raise OAuthError("inactive_org", "organization is inactive")
    match form["grant_type"]:
        case "password":
            _client(org, form)
            _password(org, form, login_url, source_ip)
        case "client_credentials":
            _client_credentials(org, form, is_my_domain)
        case "refresh_token":
            _client(org, form)
            raise OAuthError("invalid_grant", "expired access/refresh token")
        case _:
            _jwt(org, form.get("assertion", ""), {login_url, instance_url})
    return _token(org, login_url, instance_url)


def _client(org: Org, form: Mapping[str, str]) -> None:
    if form.get("client_id") != org.client_id:
        raise OAuthError("invalid_client_id", "client identifier invalid")
    if not hmac.compare_digest(form.get("client_secret", "").encode(), org.client_secret.encode()):
        raise OAuthError("invalid_client", "invalid client credentials")


def _password(org: Org, form: Mapping[str, str], login_url: str, source_ip: str) -> None:
    if form.get("username", "").casefold() != org.username.casefold():
        raise _VAGUE
    if not org.takes_one_more_login():
        raise OAuthError("invalid_grant", "login rate exceeded")
    status = _verdict(org, form.get("password", ""))
    org.store.add(
        "LoginHistory",
        UserId=org.user_id,
        LoginTime=timestamp(org.now()),
        Status=status,
        LoginType="Remote Access 2.0",
        Application="Acme Integrations",
        SourceIp=source_ip,
        LoginUrl=login_url.removeprefix("http://"),
    )
    if status == "Restricted IP":
        raise OAuthError("invalid_grant", "ip restricted")
    if status != "Success":
        raise _VAGUE
    if not org.app_is_approved:
        raise OAuthError("invalid_grant", "user hasn't approved this consumer")


def _verdict(org: Org, password: str) -> str:
    """What Login History will say; the caller of the endpoint is told none of this."""
    if org.flow_is_disabled:
        return "Failed: OAuth username-password flow disabled"
    if not org.user_is_active:
        return "User is Inactive"
    if org.is_locked():
        return "Password Lockout"
    if org.ip_is_restricted:
        return "Restricted IP"
    if password == org.password and not org.ip_is_trusted:
        return "Failed: API security token required"
    accepted = {org.password + org.security_token} | ({org.password} if org.ip_is_trusted else set())
    if password not in accepted:
        org.note_bad_password()
        return "Invalid Password"
    org.note_good_password()
    return "Success"


def _client_credentials(org: Org, form: Mapping[str, str], is_my_domain: bool) -> None:
    if not is_my_domain:
        raise OAuthError("invalid_grant", "request not supported on this domain")
    _client(org, form)
    if org.client_credentials_user is None:
        raise OAuthError("invalid_grant", "no client credentials user enabled")


def _jwt(org: Org, assertion: str, audiences: set[str]) -> None:
    claims = _claims(assertion, org.certificate_pem)
    if claims.get("iss") != org.client_id:
        raise OAuthError("invalid_client_id", "client identifier invalid")
    if str(claims.get("aud", "")).rstrip("/") not in audiences:
        raise OAuthError("invalid_grant", "audience validation failed")
    expires = claims.get("exp")
    if not isinstance(expires, int | float) or not 0 < expires - org.now() <= JWT_LIFETIME_SECONDS:
        raise OAuthError("invalid_grant", "invalid assertion")
    if claims.get("sub") != org.username or not org.app_is_approved:
        raise OAuthError("invalid_grant", "user hasn't approved this consumer")


def _claims(assertion: str, certificate_pem: str | None) -> dict[str, object]:
    refusal = OAuthError("invalid_grant", "invalid assertion")
    if certificate_pem is None or assertion.count(".") != 2:
        raise refusal
    signed, _, signature = assertion.rpartition(".")
    key = x509.load_pem_x509_certificate(certificate_pem.encode()).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    try:
        key.verify(_decoded(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        claims = json.loads(_decoded(signed.partition(".")[2]))
    except (InvalidSignature, ValueError, binascii.Error) as error:
        raise refusal from error
    if not isinstance(claims, dict):
        raise refusal
    return claims


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _token(org: Org, login_url: str, instance_url: str) -> dict[str, str]:
    identity = f"{login_url}/id/{eighteen(org.organization_id)}/{org.user_id}"
    issued_at = str(int(org.now() * 1000))
    digest = hmac.new(org.client_secret.encode(), (identity + issued_at).encode(), hashlib.sha256).digest()
    return {
        "access_token": "" if org.sends_empty_token else org.open_session(),
        "instance_url": instance_url,
        "id": identity,
        "token_type": "Bearer",
        "issued_at": issued_at,
        "signature": base64.b64encode(digest).decode(),
    }
