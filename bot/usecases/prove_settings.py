"""Proves what the settings promise: all at once, each with a deadline; a crash is `unknown`, never ok."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from bot.domain.errors import AccessDenied, NotFound, SfintError
from bot.domain.proof import Proof, Question, Spared, Standing

_log = structlog.get_logger(__name__)


async def prove_settings(questions: Sequence[Question], *, deadline_seconds: float = 15.0) -> tuple[Proof, ...]:
    """One proof a question, in their order."""
    return tuple(await asyncio.gather(*(_prove(question, deadline_seconds) for question in questions)))


async def _prove(question: Question, deadline_seconds: float) -> Proof:
    try:
        async with asyncio.timeout(deadline_seconds):
            answer = await question.ask()
    except TimeoutError:
        return _not_proved(question, Standing.UNKNOWN, f"no answer within {deadline_seconds:g} s")
    except (AccessDenied, NotFound) as error:
        return _not_proved(question, Standing.MISSING, str(error))
    except SfintError as error:
        return _not_proved(question, Standing.UNKNOWN, str(error))
    except Exception as error:  # noqa: BLE001  one broken proof must not take the others with it
        _log.exception("proof crashed", subject=question.subject, what=question.what)
        return _not_proved(question, Standing.UNKNOWN, f"the proof itself broke ({type(error).__name__})")
    if isinstance(answer, Spared):
        return Proof(question.subject, question.what, Standing.OPTIONAL, answer.reason)
    return Proof(question.subject, question.what, Standing.OK, answer)


def _not_proved(question: Question, standing: Standing, detail: str) -> Proof:
    return Proof(question.subject, question.what, standing, detail, question.fix)
