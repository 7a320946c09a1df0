"""The webhook by which Integrations delivers messages to the middleware: expected, and registered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class VersionSource(StrEnum):
    """Where the running version is read; the first that is configured counts."""

    URL = "url"
    IMAGE = "image"
    LABEL = "label"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class Webhook:
    """The registration as it should be, and where the one that runs can be read, if anywhere."""

    version: int
    bot_id: str = ""
    channel: str = "outgoing_webhook"
    address: str = ""
    """Empty: not compared."""
    source: VersionSource = VersionSource.NOWHERE
    deployment: str = ""
    """Whose image or label tells the version."""
    namespace: str = ""
    label: str = ""
    pattern: str = r"v?(\d+)"
    """Its first group is the version, in an image's tag or a label's value as a whole."""

    @property
    def wanted(self) -> str:
        """The registration document, on one line."""
        parts = {"bot_id": self.bot_id or "…", "channel": self.channel, "webhook": self.address or "…"}
        told = ", ".join(f"{name}: {value}" for name, value in parts.items())
        return f"{{{told}, version: {self.version}}}"

    @property
    def registered_by(self) -> str:
        """The call that registers it."""
        bot = self.bot_id or "{botId}"
        return f"POST /api/{self.channel}/bots/{bot}/healthcheck with {{phone, webhook, version: {self.version}}}"


@dataclass(frozen=True, slots=True)
class Registration:
    """What Integrations Core has. Empty where the answer does not tell."""

    version: str
    address: str = ""
    channel: str = ""
    bot_id: str = ""


def version_in(text: str, pattern: str) -> str:
    """The version in an image's tag or a label; empty where the pattern does not fit."""
    found = re.fullmatch(pattern, text)
    return (found[1] if found.re.groups else found[0]) if found else ""


def tag_of(image: str) -> str:
    """`registry:5000/a/b:v3@sha256:…` has the tag `v3`; empty for none."""
    path = image.partition("@")[0].rpartition("/")[2]
    return path.partition(":")[2]


def differences(wanted: Webhook, found: Registration) -> tuple[str, ...]:
    """What the registration has that it should not."""
    pairs = (
        ("version", str(wanted.version), found.version.strip().lower().removeprefix("v")),
        ("webhook", wanted.address.rstrip("/"), found.address.rstrip("/")),
        ("channel", wanted.channel, found.channel),
        ("bot_id", wanted.bot_id, found.bot_id),
    )
    return tuple(
        f"{name} is {have}, expected {want}" for name, want, have in pairs if want and have and want != have
    )
