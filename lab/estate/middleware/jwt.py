"""HS256 JSON web tokens, as the bot platform signs its calls."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping


def sign(secret: str, claims: Mapping[str, object]) -> str:
    """A token over the claims."""
    parts = (json.dumps(part, separators=(",", ":")).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    signed = ".".join(_encoded(part) for part in parts)
    return f"{signed}.{_encoded(_digest(secret, signed))}"


def is_valid(secret: str, token: str) -> bool:
    """Whether the signature is ours and the token has not expired."""
    signed, _, signature = token.rpartition(".")
    try:
        given = _decoded(signature)
        header, claims = (json.loads(_decoded(part)) for part in signed.split("."))
    except (ValueError, binascii.Error):
        return False
    is_ours = hmac.compare_digest(given, _digest(secret, signed))
    return is_ours and header.get("alg") == "HS256" and float(claims.get("exp", "inf")) > time.time()


def _digest(secret: str, signed: str) -> bytes:
    return hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
