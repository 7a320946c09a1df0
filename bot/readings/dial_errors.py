"""Which addresses the middleware's recent log says it could not dial on Redis' or Sentinel's port."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.domain.target import Target
from bot.ports.estate import Estate
from bot.readings.middleware_log import middleware_pods, middleware_texts

# Go's words, alone or inside a JSON string: `dial tcp 10.0.0.9:6379: connect: no route to host`.
_DIAL_ERROR = re.compile(
    r"dial tcp (?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<four>\d{1,3}(?:\.\d{1,3}){3})):(?P<port>\d+): "
    r"(?:connect: (?:no route to host|connection refused|host is down|network is unreachable"
    r"|connection timed out)|i\\?/o timeout)",
    re.IGNORECASE,
)


def dialled_in_vain(log: str, ports: Iterable[int]) -> frozenset[str]:
    """The addresses of every failed dial in the text on one of the ports."""
    wanted = {str(port) for port in ports}
    found = (match for match in _DIAL_ERROR.finditer(log) if match["port"] in wanted)
    return frozenset(match["six"] or match["four"] for match in found)


async def read_dial_errors(target: Target, estate: Estate) -> frozenset[str]:
    """Reads the current log of every middleware pod, and the previous one where its container restarted.

    Only lines of the last `log_window_seconds`. No Deployment, no addresses. Raises what the ports raise.
    """
    pods = await middleware_pods(target, estate)
    window = target.middleware.log_window_seconds
    logs = await middleware_texts(target, estate, pods, since_seconds=window)
    ports = (target.redis.redis_port, target.redis.sentinel_port)
    return frozenset().union(*(dialled_in_vain(log.text, ports) for log in logs))
