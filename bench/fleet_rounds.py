"""Asks every check of every target, round after round, and says what that took; a process of its own.

`python -m bench.fleet_rounds CONFIG ROUNDS`: one JSON object a round. The secrets come by environment.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

import psutil
from cryptography.fernet import Fernet

from bot.adapters.clock import SystemClock
from bot.adapters.store.store import open_store
from bot.checks.registry import collect
from bot.domain.finding import Finding
from bot.domain.redaction import Redactor
from bot.estates import open_estates
from bot.log import configure_logging
from bot.settings import Settings, load_settings
from bot.usecases.run_checks import asked_of, run_checks

_TOGETHER = 8
"""Targets that are asked at the same time: a schedule spreads them over its minute."""


async def rounds(settings: Settings, wanted: int) -> None:
    """Prints after each."""
    redactor = Redactor(settings.secrets())
    configure_logging(redactor, "CRITICAL")
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="sfint-bench-"))
        clock = SystemClock()
        store = await open_store(f"sqlite:///{folder}/a.db", [Fernet.generate_key().decode()], redactor, clock)
        stack.push_async_callback(store.close)
        estates = await open_estates(settings, store.logins, clock, stack)
        checks, gate = collect(), asyncio.Semaphore(_TOGETHER)

        async def ask(name: str) -> tuple[Finding, ...]:
            target, estate = settings.target(name), estates[name]
            async with gate:
                return await run_checks(asked_of(checks, target, estate), target, estate)

        me = psutil.Process()
        for _ in range(wanted):
            began, used = time.perf_counter(), time.process_time()
            findings = [finding for found in await asyncio.gather(*map(ask, estates)) for finding in found]
            told = {
                "seconds": time.perf_counter() - began,
                "processor_seconds": time.process_time() - used,
                "megabytes": me.memory_info().rss / 1e6,
                "threads": me.num_threads(),
                "findings": len(findings),
                "unknown": Counter(each.check for each in findings if each.outcome == "unknown"),
            }
            sys.stdout.write(f"{json.dumps(told)}\n")
            sys.stdout.flush()


def main() -> None:
    """Ends by itself."""
    asyncio.run(rounds(load_settings(Path(sys.argv[1]), os.environ), int(sys.argv[2])))


if __name__ == "__main__":
    main()
