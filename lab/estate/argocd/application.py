"""One Application: its spec, what it manages, its last operation, and the healing of itself."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lab.estate.argocd.compare import desired, drift, health, worst
from lab.estate.kubernetes import KubernetesStandIn
from lab.estate.kubernetes.errors import ApiError

Json = dict[str, Any]
_PLURALS = {"Deployment": "deployments", "StatefulSet": "statefulsets"}
CONTROLLER = "system:serviceaccount:argocd:argocd-application-controller"


class OperationInProgress(Exception):
    """A sync is under way already."""


@dataclass
class LabApplication:
    """`sync_seconds` is how long a sync runs, `heal_seconds` how long a drift lasts before it is healed."""

    cluster: KubernetesStandIn
    name: str
    project: str
    sync_seconds: float = 0.3
    heal_seconds: float = 1.0
    revision: str = field(default_factory=lambda: secrets.token_hex(20))
    policy: Json = field(default_factory=dict)
    ignored: list[Json] = field(default_factory=list)
    conditions: list[Json] = field(default_factory=list)
    operation: Json = field(default_factory=dict)
    in_git: list[Json] = field(default_factory=list)
    fails_with: str = ""
    """The message with which the next syncs fail; empty: they succeed."""
    _running: asyncio.Task[None] | None = None

    def adopt(self, plural: str, name: str, namespace: str = "integrations") -> None:
        """Git holds this object as it is now."""
        self.in_git.append(desired(self.cluster.get(plural, name, namespace)))

    def turn_self_heal(self, on: bool) -> None:
        """`automated: {selfHeal: …}` in the sync policy."""
        self.policy = {"automated": {"prune": False, "selfHeal": on}}

    @property
    def heals_itself(self) -> bool:
        """Whether drifts are reverted."""
        automated = self.policy.get("automated")
        return isinstance(automated, dict) and bool(automated.get("selfHeal"))

    def document(self) -> Json:
        """The Application as the API answers it, compared now."""
        resources = [self._resource(wanted) for wanted in self.in_git]
        synced = all(one["status"] == "Synced" for one in resources)
        spec: Json = {
            "project": self.project,
            "source": {"repoURL": "https://git.example.com/acme/deploy.git", "path": self.name},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "integrations"},
        }
        spec |= {"syncPolicy": self.policy} if self.policy else {}
        spec |= {"ignoreDifferences": self.ignored} if self.ignored else {}
        status: Json = {
            "sync": {"status": "Synced" if synced else "OutOfSync", "revision": self.revision},
            "health": {"status": worst([one["health"]["status"] for one in resources])},
            "resources": resources,
            "reconciledAt": _now(),
        }
        status |= {"operationState": copy.deepcopy(self.operation)} if self.operation else {}
        status |= {"conditions": self.conditions} if self.conditions else {}
        meta = {"name": self.name, "namespace": "argocd", "uid": self.name}
        return {"metadata": meta, "spec": copy.deepcopy(spec), "status": status}

    def sync(self, *, dry_run: bool = False, by: Mapping[str, Any] | None = None) -> None:
        """Starts an operation. Raises OperationInProgress."""
        if self._is_operating:
            raise OperationInProgress
        self.operation = {
            "operation": {"sync": {"revision": self.revision, "prune": False}, "initiatedBy": dict(by or {})},
            "phase": "Running",
            "message": "waiting for completion",
            "startedAt": _now(),
        }
        self._running = asyncio.create_task(self._operate(dry_run))

    async def keep_healing(self) -> None:
        """For ever: after each change of the cluster, and now and then, looks for a drift to be reverted."""
        changes = self.cluster.store.subscribe()
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(changes.get(), self.heal_seconds)
                while not changes.empty():
                    changes.get_nowait()
                if self._is_to_heal():
                    await asyncio.sleep(self.heal_seconds)
                if self._is_to_heal():
                    self.sync(by={"automated": True})
        finally:
            self.cluster.store.unsubscribe(changes)

    async def stop(self) -> None:
        """Ends an operation under way."""
        if self._running is not None:
            self._running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._running

    async def _operate(self, dry_run: bool) -> None:
        await asyncio.sleep(self.sync_seconds)
        problem = self.fails_with
        if not problem and not dry_run:
            try:
                self._write()
            except ApiError as error:
                problem = str(error)
        end = {"phase": "Failed", "message": problem} if problem else {"phase": "Succeeded"}
        self.operation |= {"message": "successfully synced (all tasks run)", "finishedAt": _now()} | end

    def _write(self) -> None:
        for wanted in self.in_git:
            meta = wanted["metadata"]
            live = self._live(wanted)
            if live is None:
                self.cluster.create(copy.deepcopy(wanted))
            elif spec := drift(wanted, live, self.ignored):
                self.cluster.patch(
                    _PLURALS[wanted["kind"]], meta["name"], {"spec": spec}, meta["namespace"], by=CONTROLLER
                )

    def _is_to_heal(self) -> bool:
        """A drift, nothing under way that may end it, and the wish to."""
        drifts = any(self._resource(wanted)["status"] != "Synced" for wanted in self.in_git)
        return self.heals_itself and drifts and not self._is_operating

    @property
    def _is_operating(self) -> bool:
        return self._running is not None and not self._running.done()

    def _live(self, wanted: Json) -> Json | None:
        meta = wanted["metadata"]
        return self.cluster.store.find(_PLURALS[wanted["kind"]], meta["namespace"], meta["name"])

    def _resource(self, wanted: Json) -> Json:
        live, meta = self._live(wanted), wanted["metadata"]
        is_synced = live is not None and not drift(wanted, live, self.ignored)
        status, message = health(live)
        return {
            "group": "apps",
            "version": "v1",
            "kind": wanted["kind"],
            "namespace": meta["namespace"],
            "name": meta["name"],
            "status": "Synced" if is_synced else "OutOfSync",
            "health": {"status": status, **({"message": message} if message else {})},
        }


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
