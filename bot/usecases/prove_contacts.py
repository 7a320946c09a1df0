"""The question whether the mark of a blocked contact can be read with our user."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.crm_query import QueryVerdict
from bot.domain.errors import AccessDenied, Unreachable
from bot.domain.proof import Question, Spared
from bot.domain.soql import name
from bot.domain.target import Target
from bot.ports.estate import Estate

_REFUSED = (QueryVerdict.INVALID_TYPE, QueryVerdict.NO_PERMISSION)


def contact_questions(target: Target, estate: Estate) -> Sequence[Question]:
    """Optional, since an org need not block anybody; without it `/sfint contact` cannot tell."""
    field = target.contact.blocked_field

    async def ask() -> str | Spared:
        answer = await estate.crm.query(f"SELECT {name(field)} FROM Contact LIMIT 1")  # noqa: S608  (a name of bot.domain.soql)
        if answer.is_ok:
            return "readable: `/sfint contact` can say who is blocked"
        if answer.verdict is QueryVerdict.INVALID_FIELD:
            return Spared("no such field, or no permission: `/sfint contact` answers that it cannot tell")
        said = answer.message or answer.error_code or answer.verdict
        raise (AccessDenied if answer.verdict in _REFUSED else Unreachable)(f"could not be read: {said}")

    fix = f"let the integration user read Contact, and correct targets.{target.name}.contact.blocked_field"
    return [Question(f"salesforce {target.name}", f"Contact.{field}", ask, fix)]
