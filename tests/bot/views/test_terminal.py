"""What a terminal shows of a peer's words."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.finding import Finding, Outcome
from bot.domain.proof import Proof, Standing
from bot.domain.report import Explained, Report
from bot.views.terminal import plain, proof_table

NASTY = "bad\x1b[2J\x1b]0;owned\x07\nok   redis-sentinel         all is well\x9b31m\u202e"


def test_a_peers_words_neither_steer_the_terminal_nor_forge_a_finding(report: Report) -> None:
    """An error text may hold escapes and line breaks; one finding stays one line."""
    finding = Finding("salesforce-token", "salesforce", Outcome.FAILING, "token.other", NASTY, (NASTY,))

    text = plain(replace(report, items=(Explained(finding),)))

    assert len(text.splitlines()) == 3
    assert not any(line.startswith("ok") for line in text.splitlines())
    assert not set(text) & set("\x1b\x07\x9b\u202e")


def test_a_narrow_answer_shows_what_is_well(report: Report) -> None:
    """Whoever asks for one system wants its table; a status keeps it to a line."""
    well = Explained(Finding("kafka-topics", "kafka", Outcome.OK, "kafka-topics.ok", "as wanted", ("6 parts",)))

    assert "6 parts" not in plain(replace(report, items=(well,)))
    assert "6 parts" in plain(replace(report, items=(well,), title="Kafka"))


def test_nor_does_a_proof() -> None:
    """What a system answered to `config check --live` is shown in a table."""
    text = proof_table([Proof("redis", "answers", Standing.UNKNOWN, NASTY)])

    assert not set(text) & set("\x1b\x07\x9b\u202e")
    assert len(text.splitlines()) == 3
