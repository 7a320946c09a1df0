"""`python -m tests.chaos.bot_that_dies --config FILE run`: the bot, which signals itself at named boundaries.

SFINT_CHAOS_MARKS is a directory that outlives it: one file a boundary that it came to: it dies there once.
SFINT_CHAOS_MOMENTS names the moments (`before`, `acted`, `after`), SFINT_CHAOS_STEP one step, or none for all;
SFINT_CHAOS_SIGNAL is the number of the signal: 9 kills, 0 only leaves the mark.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from bot.app import run_bot
from bot.domain.redaction import Redactor
from bot.log import configure_logging
from bot.settings import config_path, load_settings


class Executioner:
    """Fulfils the engine's Observer: a signal at every boundary that is asked for, the first time only."""

    def __init__(self, marks: Path, moments: frozenset[str], step: str, number: int) -> None:
        self._marks = marks
        self._moments = moments
        self._step = step
        self._number = number

    def __call__(self, run_id: str, step: str, moment: str) -> None:
        """Dies here, or goes on."""
        if moment not in self._moments or self._step not in ("", step):
            return
        mark = self._marks / f"{step}@{moment}"
        if not mark.exists():
            mark.write_text(run_id)
            os.kill(os.getpid(), self._number)


def main() -> None:
    """Runs the bot that the configuration describes."""
    config = sys.argv[sys.argv.index("--config") + 1]
    settings = load_settings(config_path(config, os.environ), os.environ)
    redactor = Redactor(settings.secrets())
    configure_logging(redactor, settings.log.level.upper())
    executioner = Executioner(
        Path(os.environ["SFINT_CHAOS_MARKS"]),
        frozenset(os.environ["SFINT_CHAOS_MOMENTS"].split(",")),
        os.environ["SFINT_CHAOS_STEP"],
        int(os.environ["SFINT_CHAOS_SIGNAL"]),
    )
    asyncio.run(run_bot(settings, redactor, observe=executioner))


if __name__ == "__main__":
    main()
