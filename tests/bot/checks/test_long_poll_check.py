"""The check of the long polls, through the real way to the logs."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.clock import SystemClock
from bot.adapters.kubernetes import KubernetesCluster, KubernetesWorkloads, connect_kubernetes
from bot.checks.long_poll import long_poll
from bot.checks.registry import collect
from bot.domain.finding import Finding, Outcome
from bot.domain.target import Target
from bot.usecases.run_checks import run_checks
from lab.estate.faults import Fault
from lab.estate.kubernetes import Container, KubernetesStandIn, Launch, Runtime
from lab.estate.pagerduty import PagerDutyStandIn
from tests.bot.checks.check_world import TARGET
from tests.fakes.estate import fake_estate

_IMAGE = "acme/written"
_CHECK = [check for check in collect() if check.name == "long-poll"]
_LINES = {
    204: "Not content events",
    200: "Event [ChatRequestSuccess] : []",
    403: "StatusForbidden",
    409: "Duplicate Long Polling",
    500: "Exists error in long polling : [500] - Error call with status : Internal Server Error",
    503: "StatusServiceUnavailable",
    -503: "Reconnect session failed",
}


def line(status: int, user: int, ago: float = 10.0) -> str:
    """As the middleware writes it."""
    at = datetime.now(UTC) - timedelta(seconds=ago)
    return f'{{"msg":"{_LINES[status]}","time":"{at:%Y-%m-%dT%H:%M:%SZ}","userID":"52155{user:08d}"}}'


@dataclass
class Logged:
    """A cluster whose middleware has written what the test says."""

    kubernetes: KubernetesStandIn
    directory: Path
    stack: AsyncExitStack

    async def write(self, lines: Sequence[str]) -> None:
        """One pod that says this and goes on."""
        said = self.directory / "said"
        said.write_text("".join(f"{each}\n" for each in lines))
        code = (
            f"import sys, time; sys.stdout.write(open({str(said)!r}).read()); sys.stdout.flush(); time.sleep(600)"
        )

        async def launch(container: Container) -> Launch:
            return Launch([sys.executable, "-c", code], container.env)

        self.kubernetes.kubelet.register(_IMAGE, Runtime(launch))
        self.kubernetes.create(_deployment(1))
        async with asyncio.timeout(20):
            while self._said() != list(lines):  # noqa: ASYNC110  the cluster sets no event of ours
                await asyncio.sleep(0.02)

    def _said(self) -> list[str] | None:
        """None as long as no container runs."""
        ids = [
            status.get("containerID")
            for pod in self.kubernetes.all("pods", TARGET.namespace)
            for status in (pod.get("status") or {}).get("containerStatuses") or []
        ]
        logs = [self.kubernetes.logs.log_of(each) for each in ids if each]
        return [text for log in logs if log is not None for _, text in log.so_far()] if logs else None

    async def ask(self, *, url: str = "", check_seconds: float = 2.0) -> Finding:
        """The check as `/sfint status` runs it."""
        api = await connect_kubernetes(url=url or self.kubernetes.url, token=self.kubernetes.token)
        self.stack.push_async_callback(api.close)
        estate = replace(
            fake_estate(),
            cluster=KubernetesCluster(api),
            workloads=KubernetesWorkloads(api),
            clock=SystemClock(),
        )
        target: Target = replace(TARGET, timings=replace(TARGET.timings, check_seconds=check_seconds))
        return (await run_checks(_CHECK, target, estate))[0]


def _deployment(replicas: int) -> dict[str, object]:
    name = TARGET.middleware.deployment
    labels = {"app": name}
    container = {"name": TARGET.middleware.container, "image": f"{_IMAGE}:1"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": TARGET.namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


@pytest.fixture
async def logged(tmp_path: Path) -> AsyncIterator[Logged]:
    """An empty cluster."""
    async with AsyncExitStack() as stack:
        kubernetes = await stack.enter_async_context(KubernetesStandIn())
        yield Logged(kubernetes, tmp_path, stack)


@pytest.mark.parametrize(
    ("signs", "code", "outcome"),
    [
        ([(204, n) for n in range(6)] + [(200, 7)], "ok", Outcome.OK),
        ([], "ok", Outcome.OK),
        ([(204, n) for n in range(6)] + [(403, 1, 5)], "forbidden-few", Outcome.DEGRADED),
        ([(403, n) for n in range(6)], "forbidden", Outcome.FAILING),
        ([(204, 1), (503, 1, 5)], "unavailable-few", Outcome.DEGRADED),
        ([(503, n % 3, 400 - 30 * n) for n in range(13)], "unavailable", Outcome.FAILING),
        (
            [(503, n) for n in range(3)] + [(-503, n) for n in range(3)],
            "reconnect-failed",
            Outcome.FAILING,
        ),
        ([(500, n, 400 - 30 * n) for n in range(13)], "server-error", Outcome.FAILING),
        ([(500, 1)], "server-error-few", Outcome.DEGRADED),
        ([(409, 1)], "duplicate", Outcome.DEGRADED),
        (
            [(204, 0, ago) for ago in range(895, 0, -20)]
            + [(204, 1 + ago % 3, ago) for ago in range(200, 0, -20)],
            "silent",
            Outcome.FAILING,
        ),
    ],
)
async def test_the_middlewares_log_is_judged(
    logged: Logged, signs: list[tuple[float, ...]], code: str, outcome: Outcome
) -> None:
    """Read through the API; single users are told from an outage, and no user is named."""
    await logged.write([line(*sign) for sign in signs])  # here: a whole run of the tests may take long

    finding = await logged.ask()

    assert (finding.code, finding.outcome) == (f"long-poll.{code}", outcome), finding
    assert "52155" not in f"{finding.summary} {finding.evidence}"
    assert "1 pod" in finding.evidence[-1]


async def test_no_pod_no_permission_and_trouble_are_unknown(logged: Logged) -> None:
    """Could not ask is never ok and never failing."""
    nobody = await logged.ask()
    await logged.write([line(403, n) for n in range(6)])
    logged.kubernetes.faults.deny("get", "pods")
    denied = await logged.ask()
    logged.kubernetes.faults.clear()
    logged.kubernetes.faults.server_error(times=None)
    broken = await logged.ask()
    logged.kubernetes.faults.clear()
    logged.kubernetes.faults.latency_seconds = 1.0
    slow = await logged.ask(check_seconds=0.2)

    found = (nobody, denied, broken, slow)
    assert {(each.outcome, each.code) for each in found} == {(Outcome.UNKNOWN, "long-poll.unknown")}
    assert "nobody polls" in nobody.summary
    assert "403" in denied.summary or "not allowed" in denied.summary or "cannot" in denied.summary
    assert "no answer within" in slow.summary


async def test_refused_connections_wrong_tokens_and_pages_of_html_are_unknown(logged: Logged) -> None:
    """Through the same door as every other question to the cluster."""
    html = await logged.stack.enter_async_context(PagerDutyStandIn(()))
    html.faults.add(Fault.html())
    refused = await logged.ask(url="http://127.0.0.1:9")
    garbage = await logged.ask(url=html.url)
    logged.kubernetes.token = "wrong"
    stranger = await logged.ask()

    assert {each.outcome for each in (refused, garbage, stranger)} == {Outcome.UNKNOWN}


def test_its_codes_are_those_of_the_verdicts() -> None:
    """Named for the entries that explain them."""
    assert long_poll.__doc__
    assert "long-poll.forbidden" in _CHECK[0].codes
