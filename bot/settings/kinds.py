"""The kinds of value that settings are made of, each with a message that says what it should look like."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from pathlib import Path
from string import Formatter
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

_FERNET_KEY_BYTES = 32


def matching(pattern: str, wanted: str) -> Callable[[str], str]:
    """A validator for texts that fit the pattern as a whole."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(wanted)
        return value

    return check


def _url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an address that starts with http:// or https://")
    if parts.username or parts.password:
        raise ValueError("must not carry a user or password in the address")
    return value


def _link(value: str) -> str:
    """A placeholder that nothing fills in is found at the start, not when a card is drawn."""
    known = ("target", "namespace", "statefulset", "deployment", "cluster", "service", "env", "application")
    wanted = "may hold only the placeholders " + ", ".join(f"{{{name}}}" for name in known)
    try:
        plain = all(
            name is None or (name in known and not spec and not conversion)
            for _, name, spec, conversion in Formatter().parse(value)
        )
    except ValueError as error:
        raise ValueError(wanted) from error
    if not plain:
        raise ValueError(wanted)
    return _url(value)


def _split(value: object) -> object:
    """A list may come from an environment variable as `a, b`, or be left empty in the file."""
    if value is None:
        return ()
    if isinstance(value, str):
        return tuple(part.strip() for part in value.replace("\n", ",").split(",") if part.strip())
    return value


def _starting(prefix: str) -> Callable[[SecretStr], SecretStr]:
    def check(value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(prefix):
            raise ValueError(f"must start with {prefix}")
        return value

    return check


def _fernet(value: SecretStr) -> SecretStr:
    wanted = "must be a Fernet key: 32 bytes in url-safe base64"
    try:
        raw = base64.urlsafe_b64decode(value.get_secret_value())
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != _FERNET_KEY_BYTES:
        raise ValueError(wanted)
    return value


def _filled(value: SecretStr) -> SecretStr:
    if not value.get_secret_value():
        raise ValueError("must not be empty")
    return value


def _private_key(value: SecretStr) -> SecretStr:
    first, _, rest = value.get_secret_value().strip().partition("\n")
    if not first.startswith("-----BEGIN ") or "PRIVATE KEY" not in first or "ENCRYPTED" in first + rest:
        raise ValueError("must be a private key in PEM, without a passphrase: -----BEGIN PRIVATE KEY-----")
    return value


def _existing(value: Path) -> Path:
    if not value.is_file():
        raise ValueError(f"names a file that is not there: {value}")
    return value


_USER = "must be a Slack user id: U or W, then capitals and digits"
UserId = Annotated[str, AfterValidator(matching(r"[UW][A-Z0-9]{2,}", _USER))]
UserIdOrAll = Annotated[str, AfterValidator(matching(r"\*|[UW][A-Z0-9]{2,}", f'{_USER}; or "*" for everybody'))]
ChannelId = Annotated[
    str,
    AfterValidator(matching(r"[CG][A-Z0-9]{2,}", "must be a Slack channel id: C or G, then capitals and digits")),
]
TeamId = Annotated[
    str, AfterValidator(matching(r"T[A-Z0-9]{2,}", "must be a Slack workspace id: T, then capitals and digits"))
]
GroupId = Annotated[
    str, AfterValidator(matching(r"S[A-Z0-9]{2,}", "must be a Slack user group id: S, then capitals and digits"))
]
TargetName = Annotated[
    str,
    AfterValidator(matching(r"[a-z0-9][a-z0-9-]{0,40}", "must be a name of small letters, digits and dashes")),
]
DnsName = Annotated[
    str, AfterValidator(matching(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", "must be a Kubernetes name"))
]
ApiVersion = Annotated[str, AfterValidator(matching(r"\d{2,3}\.0", "must be a Salesforce API version"))]
UrlPath = Annotated[
    str, AfterValidator(matching(r"/[A-Za-z0-9._~/-]*", "must be a path that starts with /, without ? and #"))
]
Url = Annotated[str, AfterValidator(_url)]
LinkTemplate = Annotated[str, AfterValidator(_link)]
Secret = Annotated[SecretStr, AfterValidator(_filled)]
PrivateKey = Annotated[SecretStr, AfterValidator(_private_key)]
EmailAddress = Annotated[
    str,
    AfterValidator(
        matching(
            r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*",
            "must be an e-mail address",
        )
    ),
]
BotToken = Annotated[SecretStr, AfterValidator(_starting("xoxb-"))]
AppToken = Annotated[SecretStr, AfterValidator(_starting("xapp-"))]
FernetKey = Annotated[SecretStr, AfterValidator(_fernet)]
ExistingFile = Annotated[Path, AfterValidator(_existing)]
Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=86400)]
Listed = BeforeValidator(_split)
