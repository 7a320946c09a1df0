"""The adapter that reads an application, and what it makes of everything else."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.adapters.argocd import ArgoCdDeployments
from bot.domain.errors import AccessDenied, BadAnswer, NotFound, RateLimited, SfintError, Unreachable
from bot.domain.workload import Kind, WorkloadRef
from lab.estate.faults import Fault
from tests.fakes.argocd import NAME, NAMESPACE, Deployed, deployed

DEPLOYMENT = WorkloadRef(Kind.DEPLOYMENT, NAMESPACE, NAME)
STATEFULSET = WorkloadRef(Kind.STATEFULSET, NAMESPACE, NAME)


@pytest_asyncio.fixture
async def world() -> AsyncIterator[Deployed]:
    """A healthy application."""
    async with deployed() as opened:
        yield opened


@pytest_asyncio.fixture
async def deployments(world: Deployed) -> AsyncIterator[ArgoCdDeployments]:
    """The way to it."""
    adapter = ArgoCdDeployments(world.argocd.url, token=world.argocd.token, application=NAME, deadline_seconds=0.3)
    yield adapter
    await adapter.aclose()


async def test_an_application_is_read(deployments: ArgoCdDeployments) -> None:
    """Sync, health, resources; nothing is refreshed or written."""
    found = await deployments.application()

    assert (found.name, found.sync, found.health, found.operation) == (NAME, "Synced", "Healthy", "")
    assert [(one.kind, one.name, one.is_well) for one in found.resources] == [
        ("Deployment", NAME, True),
        ("StatefulSet", NAME, True),
    ]
    assert not found.heals_itself
    assert not found.conditions


async def test_the_last_operation_and_the_conditions_are_read(
    deployments: ArgoCdDeployments, world: Deployed
) -> None:
    """With their words."""
    world.argocd.application.conditions = [{"type": "ComparisonError", "message": "cannot clone"}]
    world.argocd.application.sync()

    found = await deployments.application()

    assert (found.operation, found.operation_message) == ("Running", "waiting for completion")
    assert found.conditions == {"ComparisonError": "cannot clone"}


@pytest.mark.parametrize(
    ("policy", "ignored", "reverts"),
    [
        ({}, [], False),
        ({"automated": {}}, [], False),
        ({"automated": {"selfHeal": True}}, [], True),
        ({"automated": {"selfHeal": True, "enabled": False}}, [], False),
        ({"automated": None}, [], False),
        ({"automated": {"selfHeal": True}}, [{"kind": "StatefulSet", "jsonPointers": ["/spec/replicas"]}], False),
        ({"automated": {"selfHeal": True}}, [{"kind": "Deployment", "jsonPointers": ["/spec/replicas"]}], True),
        (
            {"automated": {"selfHeal": True}},
            [{"kind": "StatefulSet", "name": "other", "jsonPointers": ["/spec/replicas"]}],
            True,
        ),
        ({"automated": {"selfHeal": True}}, [{"kind": "StatefulSet", "jsonPointers": ["/spec/template"]}], True),
    ],
)
async def test_whether_a_scale_would_be_reverted(
    deployments: ArgoCdDeployments,
    world: Deployed,
    policy: dict[str, object],
    ignored: list[object],
    reverts: bool,
) -> None:
    """Self-heal, of an application that manages it, and does not ignore its replicas."""
    document = world.argocd.application.document()
    document["spec"] |= {"syncPolicy": policy, "ignoreDifferences": ignored}
    world.argocd.faults.add(Fault.json(200, document))

    found = await deployments.application()

    assert found.reverts_scaling_of(STATEFULSET) is reverts
    assert not found.reverts_scaling_of(WorkloadRef(Kind.STATEFULSET, NAMESPACE, "another"))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.silent(), Unreachable),
        (Fault.dropped(), Unreachable),
        (Fault.unavailable(), Unreachable),
        (Fault.json(401, {"code": 16}), AccessDenied),
        (Fault.json(403, {"code": 7}), AccessDenied),
        (Fault.json(404, {"code": 5}), NotFound),
        (Fault.rate_limited(), RateLimited),
        (Fault.json(302, {}), BadAnswer),
        (Fault.html(), BadAnswer),
        (Fault.empty(), BadAnswer),
        (Fault.json(200, []), BadAnswer),
        (Fault.json(200, {}), BadAnswer),
        (Fault.json(200, {"spec": {}, "status": {"resources": "x"}}), BadAnswer),
        (Fault.json(200, {"spec": {}, "status": {"sync": 7}}), BadAnswer),
    ],
)
async def test_what_goes_wrong_is_translated(
    deployments: ArgoCdDeployments, world: Deployed, fault: Fault, error: type[SfintError]
) -> None:
    """And the token is not in the words."""
    world.argocd.faults.add(fault)

    with pytest.raises(error) as failure:
        await deployments.application()

    assert world.argocd.token not in str(failure.value)


async def test_a_missing_application_is_told_from_a_forbidden_one_by_its_project(world: Deployed) -> None:
    """Without the project Argo CD does not tell."""
    blind = ArgoCdDeployments(world.argocd.url, token=world.argocd.token, application="nobody")
    seeing = ArgoCdDeployments(
        world.argocd.url, token=world.argocd.token, application="nobody", project="integrations"
    )

    with pytest.raises(AccessDenied, match="or there is none"):
        await blind.application()
    with pytest.raises(NotFound):
        await seeing.application()
    await blind.aclose()
    await seeing.aclose()


async def test_nobody_there_is_unreachable(deployments: ArgoCdDeployments, world: Deployed) -> None:
    """A refused connection."""
    await world.argocd.stop()

    with pytest.raises(Unreachable, match="cannot be reached"):
        await deployments.application()
