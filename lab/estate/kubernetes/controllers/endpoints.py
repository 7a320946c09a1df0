"""EndpointSlices: which pods stand behind a Service."""

from __future__ import annotations

from lab.estate.kubernetes.controllers.pods import is_ready, is_terminating, owner_reference
from lab.estate.kubernetes.resources import BY_PLURAL, Json
from lab.estate.kubernetes.selectors import matches_selector
from lab.estate.kubernetes.store import Store
from lab.estate.kubernetes.verbs import Verbs

SERVICE_NAME = "kubernetes.io/service-name"


class EndpointSliceController:
    """Keeps one slice a Service up to date."""

    def __init__(self, store: Store, verbs: Verbs) -> None:
        self._store = store
        self._verbs = verbs

    def reconcile(self) -> float | None:
        """See Controller."""
        for service in self._store.all("services"):
            if service["spec"].get("selector"):
                self._one(service)
        return None

    def _one(self, service: Json) -> None:
        meta = service["metadata"]
        name = f"{meta['name']}-lab01"
        ports = [
            {"name": p.get("name", ""), "port": p.get("targetPort", p["port"]), "protocol": "TCP"}
            for p in service["spec"].get("ports") or []
        ]
        body = {
            "addressType": "IPv4",
            "endpoints": [self._endpoint(service, pod) for pod in self._backends(service)],
            "ports": ports,
        }
        held = self._store.find("endpointslices", meta["namespace"], name)
        if held:
            self._store.update(BY_PLURAL["endpointslices"], held | body)
            return
        manifest = body | {
            "metadata": {
                "name": name,
                "labels": {SERVICE_NAME: meta["name"]},
                "ownerReferences": [owner_reference(service)],
            }
        }
        self._verbs.create(BY_PLURAL["endpointslices"], meta["namespace"], manifest)

    def _backends(self, service: Json) -> list[Json]:
        selector = {"matchLabels": service["spec"]["selector"]}
        pods = self._store.all("pods", service["metadata"]["namespace"])
        chosen = [pod for pod in pods if matches_selector(selector, pod["metadata"].get("labels") or {})]
        return [pod for pod in chosen if (pod.get("status") or {}).get("podIP")]

    def _endpoint(self, service: Json, pod: Json) -> Json:
        meta = pod["metadata"]
        serving = is_ready(pod) or bool(service["spec"].get("publishNotReadyAddresses"))
        reference = {"kind": "Pod", "namespace": meta["namespace"], "name": meta["name"], "uid": meta["uid"]}
        return {
            "addresses": [pod["status"]["podIP"]],
            "conditions": {
                "ready": serving and not is_terminating(pod),
                "serving": serving,
                "terminating": is_terminating(pod),
            },
            "nodeName": pod["spec"].get("nodeName", ""),
            "targetRef": reference,
        }
