"""How many messages a service has at this hour: a silent log is compared with the same stretch a day earlier.

An hour without a message may be the night, or an outage that is older than the hour; the hour itself cannot tell.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain.integrations import CoreService, Integrations
from bot.domain.workload import Pod
from bot.ports.cluster import Cluster
from bot.readings.stamped_lines import stamped_lines

_STAMP_BYTES = 64
"""Of a log's first line: as much as its moment takes."""
_LIMIT_BYTES = 1_000_000


async def usual_at_this_hour(
    cluster: Cluster,
    namespace: str,
    pods: Sequence[Pod],
    service: CoreService,
    rules: Integrations,
    now: datetime,
) -> float | None:
    """Messages that a window had then, over all pods; None unless each pod's log reaches back that far.

    Two small questions a pod. Raises what Cluster raises.
    """
    end = now - timedelta(seconds=rules.step_seconds)
    begin = end - timedelta(seconds=rules.seconds)
    ago = math.ceil((now - begin).total_seconds())
    message = re.compile(service.messages)

    async def read(pod: Pod, *, since_seconds: int | None, limit_bytes: int) -> str:
        """From the beginning on: Kubernetes leaves out the end of what does not fit."""
        return await cluster.logs(
            namespace,
            pod.name,
            service.log_container,
            since_seconds=since_seconds,
            limit_bytes=limit_bytes,
            timestamps=True,
        )

    async def count(pod: Pod) -> int | None:
        first = next(stamped_lines(await read(pod, since_seconds=None, limit_bytes=_STAMP_BYTES)), None)
        if first is None or first[0] > begin:
            return None
        text = await read(pod, since_seconds=ago, limit_bytes=_LIMIT_BYTES)
        return sum(1 for at, line in stamped_lines(text) if begin < at <= end and message.search(line))

    counts = await asyncio.gather(*(count(pod) for pod in pods))
    known = [each for each in counts if each is not None]
    if not pods or len(known) < len(pods):
        return None
    return sum(known) * rules.window_seconds / rules.seconds
