"""Which target a channel means when nobody names one, and the runbook with that target's links."""

from __future__ import annotations

from bot.domain.target import Target
from bot.runbook.loader import Runbook
from bot.usecases.desk import Desk


def targets_here(desk: Desk, channel: str) -> list[str]:
    """The names of the targets that answer in this channel, sorted."""
    return sorted(name for name, target in desk.targets.items() if channel in target.channels)


def home_target(desk: Desk, channel: str) -> Target | None:
    """The channel's default, else its only one; None where somebody has to say which."""
    here = targets_here(desk, channel)
    chosen = desk.default_targets.get(channel) or (here[0] if len(here) == 1 else None)
    return desk.targets[chosen] if chosen is not None else None


def runbook_here(desk: Desk, channel: str) -> Runbook:
    """The pages with the links of the channel's target; without links where that is not settled."""
    target = home_target(desk, channel)
    return desk.runbook if target is None else desk.runbook.linked(target)
