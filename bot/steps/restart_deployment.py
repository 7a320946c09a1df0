"""Rolls the middleware over, once a run: because it was asked for, or because its client is stale."""

from __future__ import annotations

from bot.domain.errors import Conflict, RunStopped
from bot.domain.fence import RESTARTED_AT, RESTARTED_BY
from bot.ports.step import StepContext
from bot.readings.dial_errors import read_dial_errors

_ATTEMPTS = 10


class RestartDeployment:
    """Argument: `template_hash`, the pod template that the approval saw."""

    id = "deployment.restart"

    async def is_done(self, context: StepContext) -> bool:
        """True when the Deployment says that this run has restarted it."""
        return await _is_restarted(context)

    async def run(self, context: StepContext) -> str:
        """Writes conditionally; raises RunStopped where the Deployment is not the one that was approved."""
        return await _restart(context, template_hash=context.word("template_hash"))


class RestartStaleClient:
    """Restarts only if the log of the last `log_window_seconds` dials an address that no pod has.

    A client that once resolved the master keeps dialling it, and a quiet one logs nothing for minutes, so
    the window reaches back beyond the repair: one restart too many is cheaper than a stale client.
    """

    id = "middleware.restart-if-stale"

    async def is_done(self, context: StepContext) -> bool:
        """True when the Deployment says that this run has restarted it."""
        return await _is_restarted(context)

    async def run(self, context: StepContext) -> str:
        """Looks, and restarts where it must; raises what the log cannot be read for: silence is no proof."""
        dead = await _dead_dialled(context)
        if not dead:
            return "it dials no dead address: not restarted"
        return f"its log dials {', '.join(dead[:3])}: {await _restart(context, template_hash='')}"


async def _dead_dialled(context: StepContext) -> list[str]:
    """A Service keeps its address: to dial it in vain while Redis was away is not to be stale."""
    dialled = await read_dial_errors(context.target, context.estate)
    if not dialled:
        return []
    cluster, namespace = context.estate.cluster, context.target.namespace
    held = {pod.ip for pod in await cluster.pods(namespace)} | set(await cluster.services(namespace))
    return sorted(dialled - held)


async def _is_restarted(context: StepContext) -> bool:
    found = await context.estate.workloads.get(context.middleware)
    return found.annotations.get(RESTARTED_BY) == context.run_id


async def _restart(context: StepContext, *, template_hash: str) -> str:
    for _ in range(_ATTEMPTS):
        found = await context.estate.workloads.get(context.middleware)
        if found.annotations.get(RESTARTED_BY) == context.run_id:
            return "already restarted"
        if found.replicas == 0:
            raise RunStopped("the Deployment wants 0 replicas: a restart cannot bring it back")
        if template_hash not in ("", found.template_hash):
            raise RunStopped("the pod template changed since the approval")
        try:
            await context.estate.workloads.patch(
                context.middleware,
                resource_version=found.resource_version,
                annotations={RESTARTED_BY: context.run_id},
                template_annotations={RESTARTED_AT: context.estate.clock.now().isoformat(timespec="seconds")},
            )
        except Conflict:
            continue
        return f"rollout of {found.replicas} replica(s) started"
    raise Conflict(f"the Deployment changed under every one of {_ATTEMPTS} attempts")
