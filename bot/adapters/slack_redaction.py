"""The redaction gate for domain values: every text in them is redacted, every name of a thing is kept."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, cast

from bot.domain.redaction import Redactor
from bot.domain.remediation import Binding
from bot.domain.runbook import Entry

_NAMES = frozenset(
    {
        "run_id",
        "key",
        "channel",
        "thread",
        "entry",
        "check",
        "code",
        "component",
        "target",
        "remediation",
        "offers",
        "requested_by",
        "requester_team_id",
        "decided_by",
        "approvers",
        "by",
        "asked_by",
        "step",
        "verdict",
        "example",
        "beat",
        "address",
    }
)
"""Ids of ours: they come back with a click, so they must stay what they are, and no peer writes them."""
_WHOLE = (Binding, Entry)
"""An approval is bound to the hash of the one; the other is a page of our own runbook."""
_Value = TypeVar("_Value")


def redacted(value: _Value, redactor: Redactor) -> _Value:
    """A copy whose texts have passed the redactor; the type stays."""
    return cast(_Value, _redact(value, redactor))


def _redact(value: Any, redactor: Redactor) -> Any:
    if isinstance(value, str):
        return redactor.text(value) if type(value) is str else value
    if isinstance(value, tuple):
        return tuple(_redact(each, redactor) for each in value)
    if is_dataclass(value) and not isinstance(value, (type, *_WHOLE)):
        kept = {field.name: getattr(value, field.name) for field in fields(value)}
        return type(value)(
            **{name: each if name in _NAMES else _redact(each, redactor) for name, each in kept.items()}
        )
    return value
