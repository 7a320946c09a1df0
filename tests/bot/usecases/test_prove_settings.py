"""Proofs: what stands for what, at once, and never ok by accident."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.errors import AccessDenied, BadAnswer, NotFound, RateLimited, Unreachable
from bot.domain.proof import Proof, Question, Spared, Standing
from bot.usecases.prove_settings import prove_settings
from bot.views.terminal import proof_table


def _question(what: str, outcome: str | Spared | Exception) -> Question:
    async def ask() -> str | Spared:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return Question("acme", what, ask, "do this")


@pytest.mark.parametrize(
    ("outcome", "standing", "detail", "fix"),
    [
        ("works", Standing.OK, "works", ""),
        (Spared("not needed"), Standing.OPTIONAL, "not needed", ""),
        (AccessDenied("no"), Standing.MISSING, "no", "do this"),
        (NotFound("not there"), Standing.MISSING, "not there", "do this"),
        (Unreachable("silent"), Standing.UNKNOWN, "silent", "do this"),
        (RateLimited("wait"), Standing.UNKNOWN, "wait", "do this"),
        (BadAnswer("strange"), Standing.UNKNOWN, "strange", "do this"),
        (ZeroDivisionError("a secret"), Standing.UNKNOWN, "the proof itself broke (ZeroDivisionError)", "do this"),
    ],
)
async def test_what_stands_for_what(
    outcome: str | Spared | Exception, standing: Standing, detail: str, fix: str
) -> None:
    """A refusal is missing, silence is unknown, and so is a defect of ours."""
    assert await prove_settings([_question("x", outcome)]) == (Proof("acme", "x", standing, detail, fix),)


async def test_all_are_asked_at_once_and_a_silent_one_delays_nobody() -> None:
    """Two that wait for each other both answer; one that never does is unknown at the deadline."""
    barrier = asyncio.Barrier(2)

    async def meet() -> str:
        await barrier.wait()
        return "met"

    async def hang() -> str:
        await asyncio.Event().wait()
        return "never"

    questions = [Question("acme", name, ask, "") for name, ask in (("a", meet), ("b", meet), ("c", hang))]
    proofs = await prove_settings(questions, deadline_seconds=0.5)

    assert [(proof.standing, proof.detail) for proof in proofs] == [
        (Standing.OK, "met"),
        (Standing.OK, "met"),
        (Standing.UNKNOWN, "no answer within 0.5 s"),
    ]


def test_the_table_is_aligned_and_tells_what_to_do() -> None:
    """What, how it stands, the detail, the way to mend it, and a count."""
    proofs = [
        Proof("slack", "bot token", Standing.OK, "sfint in Acme"),
        Proof("kubernetes acme", "list pods", Standing.MISSING, "not granted", "grant it"),
    ]

    assert proof_table(proofs).splitlines() == [
        "ok       slack            bot token  sfint in Acme",
        "missing  kubernetes acme  list pods  not granted",
        "         -> grant it",
        "",
        "1 ok, 1 missing",
    ]
