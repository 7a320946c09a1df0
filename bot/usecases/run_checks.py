"""Asks every check at once, each with its own deadline; a crash becomes `unknown`, never ok."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace

import structlog

from bot.checks.registry import Check
from bot.domain.errors import SfintError
from bot.domain.finding import Finding, Outcome
from bot.domain.target import Target
from bot.ports.estate import Estate
from bot.usecases.shared_reads import SharedReads

_log = structlog.get_logger(__name__)


def asked_of(
    checks: Sequence[Check],
    target: Target,
    estate: Estate,
    *,
    components: Collection[str] = (),
    names: Collection[str] = (),
) -> list[Check]:
    """The checks that concern this target, of these components or names; all of them without either."""
    return [
        check
        for check in checks
        if (not components or check.component in components)
        and (not names or check.name in names)
        and check.applies(target, estate)
    ]


async def run_checks(checks: Sequence[Check], target: Target, estate: Estate) -> tuple[Finding, ...]:
    """One finding a check; the whole takes as long as the slowest, or the deadline."""
    async with SharedReads(estate.cluster) as cluster:
        shared = replace(estate, cluster=cluster)
        return tuple(await asyncio.gather(*(_one(check, target, shared) for check in checks)))


async def _one(check: Check, target: Target, estate: Estate) -> Finding:
    began = estate.clock.monotonic()
    deadline = target.timings.check_seconds
    try:
        async with asyncio.timeout(deadline):
            finding = await check.run(target, estate)
    except TimeoutError:
        finding = _unknown(check, f"no answer within {deadline:g} s")
    except SfintError as error:
        finding = _unknown(check, f"could not ask: {error}")
    except Exception as error:  # noqa: BLE001  one broken check must not take the others with it
        _log.exception("check crashed", check=check.name)
        finding = _unknown(check, f"the check itself broke ({type(error).__name__})")
    return finding.timed(estate.clock.monotonic() - began)


def _unknown(check: Check, words: str) -> Finding:
    return Finding(check.name, check.component, Outcome.UNKNOWN, f"{check.name}.unknown", f"{check.name}: {words}")
