"""Which field names announce a secret; names are compared without case, dashes, dots and underscores."""

from __future__ import annotations

import re

_SECRET_TAILS = (
    "password", "passwd", "passphrase", "pwd", "requirepass", "masterauth", "authpass",
    "secret", "token", "assertion", "authorization", "credential", "credentials", "cookie",
    "apikey", "appkey", "applicationkey", "accesskey", "secretkey", "privatekey", "signingkey", "encryptionkey",
    "fernetkey", "inboxkey", "authkey", "sharedkey", "sessionkey", "sessionid", "routingkey", "integrationkey",
    "servicekey", "affinity", "responseurl", "connectionstring", "jwt", "slacksignature", "amzsignature",
    "googsignature", "redispass", "userpass", "dbpass", "smtppass", "firstname", "lastname", "visitorname",
)  # fmt: skip
_SECRET_WORDS = frozenset({"pass", "pw", "passcode", "otp", "pin"})
_WEAK_WORDS = frozenset({"key", "signature", "sid", "session", "code", "auth"})
_WEAK_TAILS = (
    "expiredpassword", "errorgettingtoken", "gettoken", "tokentest", "invalidtoken", "pagetoken", "continuetoken",
)  # fmt: skip
"""Operation names, error codes and runbook ids that end in a secret-sounding word: their values are evidence."""
_OUR_CHECKS = frozenset({"salesforce-token"})
_PHONE_TAILS = (
    "phone",
    "mobile",
    "msisdn",
    "whatsapp",
    "phonenumber",
    "mobilenumber",
    "phonec",
    "mobilec",
    "phonepc",
)
"""Salesforce ends the names of an org's own fields in `__c` and `__pc`."""
_NOISE = re.compile(r"[^a-z0-9]+")
_OPAQUE = re.compile(r"(?=[^\d]*\d)(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])[A-Za-z0-9+=_]{16,}|[0-9a-f]{32}|[0-9a-f]{40}")


def telling_ends() -> tuple[str, ...]:
    """What the plain form of every secret or phone name ends with."""
    return (*_SECRET_TAILS, *sorted(_SECRET_WORDS), *_PHONE_TAILS)


def weak_ends() -> tuple[str, ...]:
    """What the plain form of every weak name ends with."""
    return (*sorted(_WEAK_WORDS), *_WEAK_TAILS, *(_plain(name) for name in sorted(_OUR_CHECKS)))


def _plain(name: str) -> str:
    return _NOISE.sub("", name.lower())


def is_weak(name: str) -> bool:
    """True for names like `key`, which may hold a secret: the value must look like one as well."""
    plain = _plain(name)
    return plain in _WEAK_WORDS or plain.endswith(_WEAK_TAILS) or name in _OUR_CHECKS


def is_secret(name: str) -> bool:
    """True for names whose value is a secret whatever it looks like."""
    plain = _plain(name)
    return (plain.endswith(_SECRET_TAILS) or plain in _SECRET_WORDS) and not is_weak(name)


def is_password(name: str) -> bool:
    """True for names that hold what people choose: a plain word may be the secret."""
    return _plain(name).endswith(("password", "passwd", "passphrase", "pwd", "secret"))


def is_header(name: str) -> bool:
    """True for header names whose value has words: it ends with the line."""
    return _plain(name).endswith(("authorization", "cookie"))


def is_phone(name: str) -> bool:
    """True for fields that hold a telephone number."""
    return _plain(name).endswith(_PHONE_TAILS)


def looks_opaque(value: str) -> bool:
    """True for what machines make up: long and mixed, a 128 or 160 bit number, or a LiveAgent key with its `!`."""
    return bool(_OPAQUE.fullmatch(value)) or ("!" in value and len(value) >= 8 and " " not in value)
