"""Does every sentinel agree on one live master, and does everybody follow it?"""

from __future__ import annotations

from bot.checks.registry import check
from bot.domain.finding import Finding, Outcome
from bot.domain.redis_topology import Verdict
from bot.domain.redis_verdict import classify
from bot.domain.target import Target
from bot.ports.estate import Estate
from bot.readings.observe_redis import observe_redis

_OUTCOMES = {
    Verdict.HEALTHY: Outcome.OK,
    Verdict.HYGIENE: Outcome.DEGRADED,
    Verdict.FAILOVER_RUNNING: Outcome.DEGRADED,
    Verdict.UNKNOWN: Outcome.UNKNOWN,
}


@check("redis-sentinel", component="redis", codes=tuple(f"redis.{verdict}" for verdict in Verdict))
async def redis_sentinel(target: Target, estate: Estate) -> Finding:
    """Asks every sentinel and every Redis pod who the master is, and compares with the pods that live.

    Also reads the middleware's last log lines for addresses that no pod has.
    """
    diagnosis = classify(await observe_redis(target, estate))
    return Finding(
        check="redis-sentinel",
        component="redis",
        outcome=_OUTCOMES.get(diagnosis.verdict, Outcome.FAILING),
        code=f"redis.{diagnosis.verdict}",
        summary=f"Redis Sentinel: {diagnosis.evidence[0]}",
        evidence=diagnosis.evidence[1:],
    )
