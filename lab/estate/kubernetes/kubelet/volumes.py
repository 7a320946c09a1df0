"""Volumes as directories: an emptyDir lives as long as its pod, a claim's directory until the claim goes."""

from __future__ import annotations

import shutil
from pathlib import Path

from lab.estate.kubernetes.resources import Json
from lab.estate.kubernetes.store import Change, Store


class Volumes:
    """The node's disks, below one directory."""

    def __init__(self, root: Path, store: Store) -> None:
        self._root = root
        store.listen(self._on_change)

    def _on_change(self, change: Change) -> None:
        if change.resource.plural == "persistentvolumeclaims" and change.type == "DELETED":
            meta = change.new["metadata"]
            shutil.rmtree(self.claim(meta["namespace"], meta["name"]), ignore_errors=True)

    def claim(self, namespace: str, name: str) -> Path:
        """The directory behind a claim."""
        return self._root / "claims" / namespace / name

    def mounts(self, pod: Json, container: Json) -> dict[str, Path]:
        """The container's directories by mountPath, made if need be."""
        volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes") or []}
        found: dict[str, Path] = {}
        for mount in container.get("volumeMounts") or []:
            volume = volumes[mount["name"]]
            if claim := volume.get("persistentVolumeClaim"):
                path = self.claim(pod["metadata"]["namespace"], claim["claimName"])
            else:
                path = self._pod(pod) / volume["name"]
            path.mkdir(parents=True, exist_ok=True)
            found[mount["mountPath"]] = path
        return found

    def drop(self, pod: Json) -> None:
        """Forget the pod's own directories."""
        shutil.rmtree(self._pod(pod), ignore_errors=True)

    def _pod(self, pod: Json) -> Path:
        return self._root / "pods" / str(pod["metadata"]["uid"])
