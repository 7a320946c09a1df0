"""The labelled lines of the corpus: what somebody found in the open, and which entry it names."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text; `entry` is None for a near miss; `source` says where it was found."""

    text: str
    entry: str | None
    source: str


def read_corpus() -> tuple[Labelled, ...]:
    """Every file of the folder, in order."""
    lines = [
        line for path in sorted(FOLDER.glob("*.jsonl")) for line in path.read_text("utf-8").split("\n") if line
    ]
    return tuple(Labelled(**json.loads(line)) for line in lines)


CORPUS = read_corpus()
KNOWN = tuple(line for line in CORPUS if line.entry is not None)
NEAR_MISSES = tuple(line for line in CORPUS if line.entry is None)
