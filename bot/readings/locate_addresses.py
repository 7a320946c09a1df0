"""Asks the cluster who has an address now: a dead one is the mark of a stale client or a stale Sentinel."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.domain.addresses import Address
from bot.domain.diagnosis import Located
from bot.domain.target import Target
from bot.domain.workload import Pod
from bot.ports.estate import Estate


async def locate_addresses(target: Target, estate: Estate, addresses: Sequence[Address]) -> tuple[Located, ...]:
    """Each with the pod or Service of the target's namespace that has it, or nobody. Raises as Cluster does."""
    pods, services = await asyncio.gather(
        estate.cluster.pods(target.namespace), estate.cluster.services(target.namespace)
    )
    holders = {pod.ip: _pod(pod) for pod in pods if pod.ip}
    holders |= {ip: f"the Service {name}" for ip, name in services.items()}
    nobody = f"no pod and no Service of {target.namespace} has it"
    return tuple(Located(str(address), holders.get(address.ip, nobody)) for address in addresses)


def _pod(pod: Pod) -> str:
    if pod.is_deleting:
        return f"the pod {pod.name}, which is ending"
    return f"the pod {pod.name}, {'ready' if pod.is_ready else 'not ready'}"
