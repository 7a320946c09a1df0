"""What each log-in flow needs, as values that never show themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, Protocol
from urllib.parse import urlsplit

import jwt

from bot.domain.salesforce import LoginFlow

MASK = "[redacted]"
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_ASSERTION_LIFE = timedelta(seconds=150)
"""Salesforce takes three minutes at most; the rest is for clocks that run apart."""


class SalesforceLogin(Protocol):
    """One way to log in. `fingerprint` tells one set of credentials from another in the book of log-ins."""

    flow: ClassVar[LoginFlow]

    @property
    def login_url(self) -> str:
        """Base address of the token endpoint."""

    @property
    def fingerprint(self) -> str:
        """Cannot be turned back into what it was made of."""

    def form(self, now: datetime) -> dict[str, str]:
        """The form that the token endpoint wants at this moment."""

    def masked(self, text: str) -> str:
        """The text without any of our secrets, should an answer echo one."""


@dataclass(frozen=True, slots=True)
class SalesforceCredentials:
    """What the password flow needs; the security token is empty only where our address is trusted."""

    flow: ClassVar[LoginFlow] = LoginFlow.PASSWORD

    login_url: str
    username: str = field(repr=False)
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    password: str = field(repr=False)
    security_token: str = field(default="", repr=False)

    @property
    def fingerprint(self) -> str:
        """Of all parts: a changed password is another log-in."""
        return _fingerprint(
            self.login_url, self.username, self.client_id, self.client_secret, self.password, self.security_token
        )

    def form(self, now: datetime) -> dict[str, str]:
        """The form of RFC 6749 4.3 as Salesforce reads it: password and security token without a separator."""
        del now
        return {
            "grant_type": "password",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "username": self.username,
            "password": self.password + self.security_token,
        }

    def masked(self, text: str) -> str:
        """The longest first, so that one within another is masked whole."""
        both = self.password + self.security_token
        return _masked(text, (both, self.client_secret, self.password, self.security_token))


@dataclass(frozen=True, slots=True)
class JwtBearerLogin:
    """What the JWT bearer flow needs. `private_key` is an RSA key in PEM, without a passphrase.

    Raises ValueError when it is none. An empty `audience` means the login host.
    """

    flow: ClassVar[LoginFlow] = LoginFlow.JWT_BEARER

    login_url: str
    username: str = field(repr=False)
    client_id: str = field(repr=False)
    private_key: str = field(repr=False)
    audience: str = ""

    def __post_init__(self) -> None:
        self._sign({})

    @property
    def fingerprint(self) -> str:
        """Of the key, never of an assertion: those differ each time."""
        return _fingerprint(self.login_url, self.username, self.client_id, self.private_key, self.audience)

    def form(self, now: datetime) -> dict[str, str]:
        """A fresh assertion of RFC 7523, signed with RS256."""
        parts = urlsplit(self.login_url)
        claims = {
            "iss": self.client_id,
            "sub": self.username,
            "aud": self.audience or f"{parts.scheme}://{parts.netloc}",
            "exp": int((now + _ASSERTION_LIFE).timestamp()),
        }
        return {"grant_type": _JWT_BEARER, "assertion": self._sign(claims)}

    def masked(self, text: str) -> str:
        """The key never leaves this process; an assertion echoed is found by its shape."""
        return _masked(text, (self.private_key,))

    def _sign(self, claims: dict[str, object]) -> str:
        try:
            return jwt.encode(claims, self.private_key, algorithm="RS256")
        except (jwt.InvalidKeyError, ValueError, TypeError):
            # Not chained: what the library says might quote the key.
            raise ValueError("is not an RSA private key in PEM without a passphrase") from None


@dataclass(frozen=True, slots=True)
class ClientCredentialsLogin:
    """What the client credentials flow needs; `login_url` must be the org's own My Domain host."""

    flow: ClassVar[LoginFlow] = LoginFlow.CLIENT_CREDENTIALS

    login_url: str
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """Of the app's id and secret."""
        return _fingerprint(self.login_url, self.client_id, self.client_secret)

    def form(self, now: datetime) -> dict[str, str]:
        """The form of RFC 6749 4.4; the run-as user is set in the org."""
        del now
        return {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }

    def masked(self, text: str) -> str:
        """Without the client secret."""
        return _masked(text, (self.client_secret,))


def _fingerprint(*parts: str) -> str:
    return hashlib.sha256("\n".join(("sfint-log-in", *parts)).encode()).hexdigest()[:16]


def _masked(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, MASK) if secret else text
    return text
