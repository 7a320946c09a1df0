"""Evidence is kept before a restart; what cannot be had is named, and never stops the repair."""

from __future__ import annotations

from bot.domain.errors import AccessDenied, SfintError
from bot.domain.workload import Event, Kind
from bot.steps.capture_evidence import CaptureEvidence
from tests.bot.checks.check_world import MIDDLEWARE, TARGET, middleware_pod
from tests.bot.steps.step_world import StepWorld
from tests.fakes.estate import FakeCluster

CONTAINER = TARGET.middleware.container


class WithoutEvents(FakeCluster):
    """A cluster whose Role lacks events."""

    async def events(self, namespace: str, subject: str) -> tuple[Event, ...]:
        """Refused."""
        raise AccessDenied("Kubernetes does not allow us to list events")


async def kept_by(cluster: FakeCluster) -> str:
    """The file that the step made of the middleware, which has restarted once."""
    pod = middleware_pod(restarts=1)
    cluster.contents = {TARGET.namespace: [pod]}
    cluster.log |= {(pod.name, CONTAINER, True): "panic: it died\n", (pod.name, CONTAINER, False): "it lives\n"}
    world = StepWorld(cluster=cluster)
    await world.run(CaptureEvidence(), kind=Kind.DEPLOYMENT, name=MIDDLEWARE.name)
    return world.files[f"evidence-{MIDDLEWARE.name}.txt"]


async def test_events_and_both_logs_of_a_restarted_container_are_kept() -> None:
    """The previous log is the one that says why."""
    event = Event(None, "Warning", "BackOff", "Back-off restarting", f"{MIDDLEWARE.name}-7d9f-x2k")

    text = await kept_by(FakeCluster(happened=[event]))

    assert "3 parts kept" in text
    assert all(words in text for words in ("Back-off restarting", "panic: it died", "it lives"))


async def test_without_a_right_to_the_events_the_logs_are_kept_all_the_same() -> None:
    """One missing permission must not cost the rest."""
    text = await kept_by(WithoutEvents())

    assert "(could not be read: Kubernetes does not allow us to list events)" in text
    assert "panic: it died" in text


async def test_a_workload_that_cannot_be_read_is_named_and_stops_nothing() -> None:
    """The file says what is missing."""
    problem: SfintError = AccessDenied("Kubernetes does not allow us to list pods")

    text = await kept_by(FakeCluster(problem=problem))

    assert "0 parts kept, then: Kubernetes does not allow us to list pods" in text
