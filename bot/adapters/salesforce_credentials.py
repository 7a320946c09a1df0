"""What the password flow needs, as one value that never shows itself."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

MASK = "[redacted]"


@dataclass(frozen=True, slots=True)
class SalesforceCredentials:
    """What the password flow needs; the security token is empty only where our address is trusted."""

    login_url: str
    username: str = field(repr=False)
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    password: str = field(repr=False)
    security_token: str = field(default="", repr=False)

    @property
    def fingerprint(self) -> str:
        """Tells one set of credentials from another in the book; it cannot be turned back."""
        parts = (
            self.login_url,
            self.username,
            self.client_id,
            self.client_secret,
            self.password,
            self.security_token,
        )
        return hashlib.sha256("\n".join(("sfint-log-in", *parts)).encode()).hexdigest()[:16]

    def form(self) -> dict[str, str]:
        """The form of RFC 6749 4.3 as Salesforce reads it: password and security token without a separator."""
        return {
            "grant_type": "password",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "username": self.username,
            "password": self.password + self.security_token,
        }

    def masked(self, text: str) -> str:
        """The text without any of our secrets, should an answer echo one."""
        for secret in (
            self.password + self.security_token,
            self.client_secret,
            self.password,
            self.security_token,
        ):
            text = text.replace(secret, MASK) if secret else text
        return text
