"""The last error lines of a workload that is not well, short and redacted: evidence, never a reason to wait."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence

from bot.domain.errors import NotFound, SfintError
from bot.domain.integrations import ERRORS
from bot.domain.redaction import Redactor
from bot.domain.workload import Pod
from bot.ports.estate import Estate
from bot.readings.container_logs import runs

_ERROR = re.compile(ERRORS)
_TAIL_LINES = 60
_LIMIT_BYTES = 64_000
_LONGEST = 200
_MOST_PODS = 2


async def last_errors(
    estate: Estate, namespace: str, pods: Sequence[Pod], container: str, *, most: int, seconds: float
) -> tuple[str, ...]:
    """At most `most` different lines of the pods that are not ready; of the run before, where one has restarted.

    Empty where the logs cannot be read within `seconds`.
    """
    unwell = [pod for pod in pods if not pod.is_ready and not pod.is_deleting][:_MOST_PODS]
    try:
        async with asyncio.timeout(seconds):
            texts = await asyncio.gather(*(_tail(estate, namespace, pod, container) for pod in unwell))
    except (SfintError, TimeoutError):
        return ()
    redact = Redactor().text
    lines = [
        redact(_short(line))[:_LONGEST] for text in texts for line in text.splitlines() if _ERROR.search(line)
    ]
    return tuple(reversed(list(dict.fromkeys(reversed(lines)))[:most]))


async def _tail(estate: Estate, namespace: str, pod: Pod, container: str) -> str:
    for previous in runs(pod, container):
        try:
            text = await estate.cluster.logs(
                namespace,
                pod.name,
                container,
                previous=previous,
                tail_lines=_TAIL_LINES,
                limit_bytes=_LIMIT_BYTES,
            )
        except NotFound:
            continue  # the container never ran, or its predecessor's log is gone
        if text.strip():
            return text
    return ""


def _short(line: str) -> str:
    """`msg: error` of a JSON line; another line as it is."""
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return line.strip()
    if not isinstance(document, dict):
        return line.strip()
    said = dict.fromkeys(str(document[key]) for key in ("msg", "message", "error") if document.get(key))
    return ": ".join(said) or line.strip()
