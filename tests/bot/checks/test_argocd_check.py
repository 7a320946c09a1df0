"""The check of the application, through the real adapter, against the stand-in and what goes wrong with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import pytest_asyncio

from bot.adapters.argocd import ArgoCdDeployments
from bot.checks.registry import collect
from bot.domain.argocd import ArgoCd
from bot.domain.finding import Finding, Outcome
from bot.usecases.run_checks import run_checks
from lab.estate.faults import Fault
from tests.bot.checks.check_world import TARGET
from tests.fakes.argocd import NAME, Deployed, deployed
from tests.fakes.estate import fake_estate

CHECK = next(check for check in collect() if check.name == "argocd")
REDIS = replace(TARGET.redis, statefulset=NAME)
WATCHED = replace(TARGET, argocd=ArgoCd(NAME), redis=REDIS, timings=replace(TARGET.timings, check_seconds=0.3))


@dataclass
class Site:
    """Argo CD, and who asks it."""

    world: Deployed
    deployments: ArgoCdDeployments

    async def finding(self) -> Finding:
        """What the check says."""
        estate = replace(fake_estate(), deployments=self.deployments)
        (found,) = await run_checks([CHECK], WATCHED, estate)
        return found

    def answers(self, **status: Any) -> None:
        """The same application with another status."""
        document = self.world.argocd.application.document()
        document["status"] |= status
        self.world.argocd.faults.add(Fault.json(200, document))


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Site]:
    """A healthy application."""
    async with deployed() as world:
        adapter = ArgoCdDeployments(world.argocd.url, token=world.argocd.token, application=NAME)
        yield Site(world, adapter)
        await adapter.aclose()


async def test_in_sync_and_healthy_is_ok(site: Site) -> None:
    """Nothing more to say."""
    found = await site.finding()

    assert (found.outcome, found.code, found.evidence) == (Outcome.OK, "argocd.ok", ())
    assert found.summary == f"Argo CD: {NAME} is Synced, Healthy"


async def test_a_scale_by_hand_is_out_of_sync(site: Site) -> None:
    """And names what differs."""
    site.world.scale(0, "statefulsets")
    site.world.argocd.application.in_git[1]["spec"]["replicas"] = 3

    found = await site.finding()

    assert (found.outcome, found.code) == (Outcome.DEGRADED, "argocd.out-of-sync")
    assert found.evidence == (f"StatefulSet {NAME}: OutOfSync, Healthy",)


async def test_self_heal_is_told_since_it_reverts_a_repair(site: Site) -> None:
    """Even when all is well."""
    site.world.argocd.application.turn_self_heal(True)

    found = await site.finding()

    assert found.outcome is Outcome.OK
    assert found.evidence == (f"self-heal is on: it reverts a manual scale of {NAME} within seconds",)


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        ({"health": {"status": "Degraded"}}, "degraded", Outcome.DEGRADED),
        ({"health": {"status": "Missing"}, "sync": {"status": "OutOfSync"}}, "missing", Outcome.DEGRADED),
        ({"health": {"status": "Progressing"}}, "progressing", Outcome.DEGRADED),
        ({"health": {"status": "Suspended"}}, "suspended", Outcome.DEGRADED),
        ({"health": {"status": "Unknown"}}, "unclear", Outcome.UNKNOWN),
        ({"sync": {"status": "Unknown"}}, "unclear", Outcome.UNKNOWN),
        ({"sync": {}, "health": {}}, "unclear", Outcome.UNKNOWN),
        ({"operationState": {"phase": "Failed", "message": "no"}}, "sync-failed", Outcome.DEGRADED),
        ({"operationState": {"phase": "Error"}}, "sync-failed", Outcome.DEGRADED),
        ({"operationState": {"phase": "Running"}}, "ok", Outcome.OK),
        ({"operationState": {"phase": "Succeeded"}}, "ok", Outcome.OK),
    ],
)
async def test_every_state_has_its_code(site: Site, status: dict[str, Any], code: str, outcome: Outcome) -> None:
    """Never failing: the workload's own checks are nearer to the cause."""
    site.answers(**status)

    found = await site.finding()

    assert (found.code, found.outcome) == (f"argocd.{code}", outcome)


async def test_messages_are_short_and_redacted(site: Site) -> None:
    """A failed sync may quote a manifest."""
    message = 'one or more objects failed: {"password": "hunter22"} ' + "x" * 500
    site.answers(
        operationState={"phase": "Failed", "message": message},
        conditions=[{"type": "SyncError", "message": "Bearer 0F1A2B3C4D5E6F77"}],
    )

    found = await site.finding()

    assert "hunter22" not in str(found)
    assert "0F1A2B3C4D5E6F77" not in str(found)
    assert found.evidence[0].startswith("last sync: Failed, one or more objects failed")
    assert all(len(line) < 250 for line in found.evidence)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault.silent(), "no answer within 0.3 s"),
        (Fault.slow(1.0), "no answer within 0.3 s"),
        (Fault.dropped(), "cannot be reached"),
        (Fault.unavailable(), "answered 503"),
        (Fault.html(), "no JSON"),
        (Fault.json(200, {"status": 5}), "no application"),
        (Fault.json(401, {"code": 16}), "token is not valid"),
        (Fault.json(403, {"code": 7}), "may not get the application"),
        (Fault.json(404, {"code": 5}), "has no application"),
        (Fault.rate_limited(), "429"),
    ],
)
async def test_what_cannot_be_asked_is_unknown(site: Site, fault: Fault, words: str) -> None:
    """Never ok and never failing, whatever the peer does."""
    site.world.argocd.faults.add(fault)

    found = await site.finding()

    assert (found.outcome, found.code) == (Outcome.UNKNOWN, "argocd.unknown")
    assert words in found.summary


async def test_wrong_credentials_and_a_missing_permission_are_unknown(site: Site) -> None:
    """By the stand-in's own rules."""
    site.world.argocd.may.clear()
    denied = await site.finding()
    site.world.argocd.token = "another"
    stranger = await site.finding()

    assert (denied.code, stranger.code) == ("argocd.unknown", "argocd.unknown")
    assert "403" in denied.summary
    assert "401" in stranger.summary


async def test_a_refused_connection_is_unknown(site: Site) -> None:
    """Nobody listens."""
    await site.world.argocd.stop()

    assert (await site.finding()).outcome is Outcome.UNKNOWN
