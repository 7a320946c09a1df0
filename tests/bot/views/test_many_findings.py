"""A report of many findings says all of them, in less detail, instead of leaving some out."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bot.domain.finding import Finding, Outcome
from bot.domain.report import Explained, Report
from bot.domain.runbook import Entry
from bot.views.mentions import Mentions
from bot.views.render import render
from lab.slack.blocks import check_message_blocks


def findings(count: int, outcome: Outcome, entry: Entry | None) -> list[Explained]:
    """Long words, much evidence."""
    evidence = tuple(
        f"line {n}: dial tcp 10.0.0.9:6379: connect: no route to host, again and again" for n in range(9)
    )
    return [
        Explained(
            Finding(f"check-{n}", "redis", outcome, f"redis.c{n}", f"finding number {n} " * 12, evidence), entry
        )
        for n in range(count)
    ]


@pytest.mark.parametrize("count", [1, 8, 12, 18, 24, 40])
def test_every_finding_is_there(report: Report, entry: Entry, count: int) -> None:
    """Up to forty; under 12,000 characters, worst first, each button with an id of its own."""
    items = [*findings(count // 2, Outcome.FAILING, entry), *findings(count - count // 2, Outcome.UNKNOWN, entry)]
    made = render("key", replace(report, items=Report.ordered(items), pages=()), Mentions())

    check_message_blocks(made.blocks)
    text = json.dumps(made.blocks, ensure_ascii=False)
    assert made.left_out == 0
    assert len(text) < 40_000
    assert all(f"finding number {n} " in text for n in range(max(1, count // 2)))
    glyphs = [glyph for glyph in text if glyph in "🔴⚪"]
    assert glyphs == sorted(glyphs, key="🔴⚪".index)
    ids = [element["action_id"] for block in made.blocks for element in _elements(block) if "action_id" in element]
    assert len(ids) == len(set(ids))


def test_a_narrow_answer_shows_what_is_well(report: Report, entry: Entry) -> None:
    """Whoever asks for one system wants to see what was found; a status keeps such things to a line."""
    well = Explained(
        Finding(
            "kafka-topics",
            "kafka",
            Outcome.OK,
            "kafka.topics.ok",
            "as expected",
            tuple(f"{n} parts" for n in range(9)),
        )
    )
    status = render("key", replace(report, items=(well,), pages=()), Mentions())
    narrow = render("key", replace(report, items=(well,), pages=(), title="Kafka"), Mentions())

    assert "8 parts" not in json.dumps(status.blocks)
    assert "8 parts" in json.dumps(narrow.blocks)


def _elements(block: dict[str, object]) -> list[dict[str, object]]:
    found = [*(block.get("elements") or ()), *([block["accessory"]] if "accessory" in block else [])]  # type: ignore[misc]
    return [each for each in found if isinstance(each, dict)]
