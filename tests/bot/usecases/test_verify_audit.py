"""Verifying and exporting the audit log, whoever keeps it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.domain.audit import GENESIS, AuditEvent, AuditLine, chain_hash
from bot.usecases.verify_audit import export_audit, verify_audit

AT = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


class ListLedger:
    """Fulfils `Ledger` over a list that a test may damage."""

    def __init__(self) -> None:
        self.kept: list[AuditLine] = []

    async def record(self, event: AuditEvent) -> AuditLine:
        number, previous = len(self.kept) + 1, self.kept[-1].hash if self.kept else GENESIS
        self.kept.append(AuditLine(number, event, previous, chain_hash(previous, number, event)))
        return self.kept[-1]

    async def lines(self) -> AsyncIterator[AuditLine]:
        for line in self.kept:
            yield line


@pytest.fixture
async def ledger() -> ListLedger:
    ledger = ListLedger()
    for number in range(5):
        await ledger.record(
            AuditEvent("run.started", "U1", "acme-prod", "run-1", AT, {"n": str(number), "ñ": "é"})
        )
    return ledger


async def test_a_whole_log_verifies_with_its_head(ledger: ListLedger) -> None:
    """The head is what is posted elsewhere."""
    verdict = await verify_audit(ledger)

    assert (verdict.ok, verdict.lines, verdict.head, verdict.broken_at) == (True, 5, ledger.kept[-1].hash, 0)
    assert (await verify_audit(ListLedger())).ok


async def test_a_line_exchanged_with_a_matching_hash_breaks_the_next(ledger: ListLedger) -> None:
    """Who rewrites one line has to rewrite all that follow."""
    forged = replace(ledger.kept[1].event, actor="U9")
    ledger.kept[1] = replace(ledger.kept[1], event=forged, hash=chain_hash(ledger.kept[0].hash, 2, forged))

    verdict = await verify_audit(ledger)
    assert (verdict.ok, verdict.broken_at, verdict.lines) == (False, 3, 2)


async def test_a_log_rewritten_whole_is_found_by_a_head_kept_elsewhere(ledger: ListLedger) -> None:
    """The chain alone cannot know; the posted head does."""
    head = ledger.kept[3].hash
    forged = ListLedger()
    for line in ledger.kept:
        await forged.record(replace(line.event, actor="U9"))

    assert (await verify_audit(ledger, head)).ok
    assert (await verify_audit(forged)).ok
    assert not (await verify_audit(forged, head)).ok


async def test_lines_out_of_order_are_found(ledger: ListLedger) -> None:
    """Numbers count too."""
    ledger.kept[2], ledger.kept[3] = ledger.kept[3], ledger.kept[2]

    verdict = await verify_audit(ledger)
    assert (verdict.ok, verdict.broken_at) == (False, 3)


async def test_the_export_can_be_verified_by_anybody(ledger: ListLedger) -> None:
    """One JSON object a line holds everything that the hash covers."""
    lines = [line async for line in export_audit(ledger)]

    previous = GENESIS
    for number, line in enumerate(lines, start=1):
        assert line.endswith("}\n")
        document = json.loads(line)
        event = AuditEvent(
            document["action"],
            document["actor"],
            document["target"],
            document["correlation_id"],
            datetime.fromisoformat(document["at"]),
            document["details"],
        )
        assert (document["number"], document["previous"]) == (number, previous)
        assert document["hash"] == chain_hash(previous, number, event)
        previous = document["hash"]
    assert len(lines) == 5
