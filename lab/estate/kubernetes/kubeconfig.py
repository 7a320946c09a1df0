"""A kubeconfig file for the API stand-in, as `kubectl config` would write it."""

from __future__ import annotations

from pathlib import Path

import yaml


def write_kubeconfig(path: Path, *, url: str, token: str, context: str, namespace: str) -> None:
    """Write it, readable by its owner only."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": context,
        "preferences": {},
        "clusters": [{"name": context, "cluster": {"server": url}}],
        "users": [{"name": f"{context}-user", "user": {"token": token}}],
        "contexts": [
            {
                "name": context,
                "context": {"cluster": context, "user": f"{context}-user", "namespace": namespace},
            }
        ],
    }
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(document, sort_keys=False))
