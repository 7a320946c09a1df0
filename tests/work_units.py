"""What stays with one worker when several run the tests: those that share a world."""

from __future__ import annotations

import re

from xdist.scheduler.loadscope import LoadScopeScheduling

_OWN_WORLDS = "tests/journeys/test_rehearsals.py"
_MODE = re.compile(r"\[(socket|http)\b")


class ByWorld(LoadScopeScheduling):
    """A file, or its part in one mode of Slack; rehearsals open a world each."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if file == _OWN_WORLDS:
            return nodeid
        mode = _MODE.search(nodeid)
        return f"{file} {mode[1]}" if mode else file
