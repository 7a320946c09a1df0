"""The secrets of a kubeconfig, for the redaction gate; the adapter reads the file itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

SERVICE_ACCOUNT_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
_SECRET_KEYS = ("token", "password", "client-key-data")


def kubeconfig_secrets(path: Path) -> list[str]:
    """Tokens, passwords and keys of every user in the file; nothing where it cannot be read as one."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return []  # whoever connects with it says what is wrong
    users = document.get("users") if isinstance(document, dict) else None
    return [
        value
        for user in users or []
        if isinstance(user, dict) and isinstance(user.get("user"), dict)
        for value in _values(user["user"])
    ]


def service_account_secrets(path: Path = SERVICE_ACCOUNT_TOKEN) -> list[str]:
    """The pod's own token, where there is one."""
    try:
        return [path.read_text(encoding="utf-8").strip()]
    except OSError:
        return []


def _values(user: dict[str, Any]) -> list[str]:
    return [value for key in _SECRET_KEYS if isinstance(value := user.get(key), str) and value]
