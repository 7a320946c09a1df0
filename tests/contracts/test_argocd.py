"""What Argo CD's API promises: who may read, what a comparison says, how a sync runs, what self-heal reverts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.fakes.argocd import NAME, NAMESPACE, Deployed, deployed

APPLICATION = f"/api/v1/applications/{NAME}"


@pytest_asyncio.fixture
async def world() -> AsyncIterator[Deployed]:
    """A healthy application."""
    async with deployed() as opened:
        yield opened


@pytest_asyncio.fixture
async def client(world: Deployed) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with the token."""
    headers = {"Authorization": f"Bearer {world.argocd.token}"}
    async with httpx.AsyncClient(base_url=world.argocd.url, headers=headers) as opened:
        yield opened


async def status(client: httpx.AsyncClient) -> dict[str, Any]:
    """Of the application, now."""
    found: dict[str, Any] = (await client.get(APPLICATION)).json()["status"]
    return found


async def ended(client: httpx.AsyncClient) -> dict[str, Any]:
    """The operation state, once it is no longer running."""
    for _ in range(250):
        found = (await status(client))["operationState"]
        if found["phase"] != "Running":
            return dict(found)
        await asyncio.sleep(0.02)
    raise TimeoutError("the operation runs for ever")


@pytest.mark.parametrize("refresh", ["", "?refresh=normal", "?refresh=hard"])
async def test_an_application_says_sync_health_and_resources(client: httpx.AsyncClient, refresh: str) -> None:
    """As it was compared."""
    document = (await client.get(APPLICATION + refresh)).json()

    assert document["metadata"]["name"] == NAME
    assert document["status"]["sync"]["status"] == "Synced"
    assert document["status"]["health"]["status"] == "Healthy"
    assert [(one["kind"], one["status"]) for one in document["status"]["resources"]] == [
        ("Deployment", "Synced"),
        ("StatefulSet", "Synced"),
    ]


async def test_a_token_that_is_none_is_unauthenticated(client: httpx.AsyncClient) -> None:
    """401, with gRPC's code 16."""
    answer = await client.get(APPLICATION, headers={"Authorization": "Bearer wrong"})

    assert (answer.status_code, answer.json()["code"]) == (401, 16)


@pytest.mark.parametrize(
    ("method", "path", "verb"),
    [("GET", APPLICATION, "get"), ("POST", f"{APPLICATION}/sync", "sync"), ("PATCH", APPLICATION, "update")],
)
async def test_what_the_role_does_not_allow_is_denied(
    client: httpx.AsyncClient, world: Deployed, method: str, path: str, verb: str
) -> None:
    """403, with gRPC's code 7."""
    world.argocd.may.remove(verb)

    answer = await client.request(method, path, json={})

    assert (answer.status_code, answer.json()["code"]) == (403, 7)


async def test_a_missing_application_looks_like_a_forbidden_one(client: httpx.AsyncClient) -> None:
    """Unless the project is named that one may read."""
    blind = await client.get("/api/v1/applications/nobody")
    seeing = await client.get("/api/v1/applications/nobody?project=integrations")

    assert (blind.status_code, seeing.status_code) == (403, 404)


async def test_a_change_by_hand_is_out_of_sync_and_a_sync_takes_it_back(
    client: httpx.AsyncClient, world: Deployed
) -> None:
    """The operation runs, and ends Succeeded."""
    world.scale(2)
    before = await status(client)
    begun = (await client.post(f"{APPLICATION}/sync", json={"prune": False})).json()
    after = await ended(client)

    assert before["sync"]["status"] == "OutOfSync"
    assert begun["status"]["operationState"]["phase"] == "Running"
    assert (after["phase"], world.replicas()) == ("Succeeded", 0)
    assert after["startedAt"] <= after["finishedAt"]
    assert (await status(client))["sync"]["status"] == "Synced"


async def test_a_dry_run_changes_nothing(client: httpx.AsyncClient, world: Deployed) -> None:
    """Only the operation is seen."""
    world.scale(2)

    await client.post(f"{APPLICATION}/sync", json={"dryRun": True})

    assert (await ended(client))["phase"] == "Succeeded"
    assert world.replicas() == 2


async def test_one_operation_at_a_time(client: httpx.AsyncClient, world: Deployed) -> None:
    """The second is refused with 400 and FailedPrecondition."""
    world.argocd.application.sync_seconds = 1.0
    first = await client.post(f"{APPLICATION}/sync", json={})
    second = await client.post(f"{APPLICATION}/sync", json={})

    assert first.status_code == 200
    assert (second.status_code, second.json()["code"]) == (400, 9)
    assert second.json()["message"] == "another operation is already in progress"


async def test_a_sync_that_fails_says_why(client: httpx.AsyncClient, world: Deployed) -> None:
    """Phase Failed, and a message."""
    world.argocd.application.fails_with = "one or more objects failed to apply"

    await client.post(f"{APPLICATION}/sync", json={})

    found = await ended(client)
    assert (found["phase"], found["message"]) == ("Failed", "one or more objects failed to apply")


async def test_self_heal_reverts_a_scale_by_hand(client: httpx.AsyncClient, world: Deployed) -> None:
    """Once the sync policy is patched to it; and no longer when it is patched away."""

    async def patch(policy: object) -> httpx.Response:
        text = json.dumps({"spec": {"syncPolicy": policy}})
        return await client.patch(APPLICATION, json={"name": NAME, "patch": text, "patchType": "merge"})

    document = (await patch({"automated": {"selfHeal": True}})).json()
    world.scale(2)
    await world.cluster.until(lambda: world.replicas() == 0, 5.0, "the scale was reverted")
    await patch({"automated": None})
    world.scale(3, "statefulsets")
    await asyncio.sleep(0.3)

    assert document["spec"]["syncPolicy"]["automated"]["selfHeal"] is True
    assert world.replicas("statefulsets") == 3
    assert (await status(client))["sync"]["status"] == "OutOfSync"


async def test_what_is_ignored_is_no_difference(client: httpx.AsyncClient, world: Deployed) -> None:
    """Neither seen nor reverted."""
    world.argocd.application.ignored = [
        {"group": "apps", "kind": "Deployment", "jsonPointers": ["/spec/replicas"]}
    ]
    world.argocd.application.turn_self_heal(True)
    world.scale(2)
    await asyncio.sleep(0.3)

    assert (await status(client))["sync"]["status"] == "Synced"
    assert world.replicas() == 2


async def test_a_workload_that_is_gone_is_missing_and_a_sync_brings_it_back(
    client: httpx.AsyncClient, world: Deployed
) -> None:
    """Out of sync, too."""
    world.cluster.delete("deployments", NAME)
    gone = await status(client)
    await client.post(f"{APPLICATION}/sync", json={})
    await ended(client)

    assert (gone["sync"]["status"], gone["health"]["status"]) == ("OutOfSync", "Missing")
    assert world.replicas() == 0


async def test_a_rollout_under_way_is_progressing(client: httpx.AsyncClient, world: Deployed) -> None:
    """Until its pods are there."""
    world.scale(1)
    found = world.cluster.store.find
    await world.cluster.until(
        lambda: bool((found("deployments", NAMESPACE, NAME) or {})["status"].get("replicas")), 5.0, "a pod"
    )

    assert (await status(client))["health"]["status"] == "Progressing"


@pytest.mark.parametrize(
    "body", [{"patch": "no json", "patchType": "merge"}, {"patch": "{}", "patchType": "strategic"}, {}]
)
async def test_a_patch_outside_the_contract_is_refused(client: httpx.AsyncClient, body: object) -> None:
    """With 400."""
    assert (await client.patch(APPLICATION, json=body)).status_code == 400
