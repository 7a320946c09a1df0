"""Runs and decisions as plain JSON and back, written out field by field, for the store and the durable engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from bot.domain.approval import Choice, Decision
from bot.domain.remediation import Binding, Fact, Plan, Scalar, StepCall
from bot.domain.run import RunRequest, StepLine, StepState

Json: TypeAlias = str | int | float | bool | Sequence["Json"] | Mapping[str, "Json"] | None
"""What JSON can say. A decoder raises ValueError naming the field when a document is not what it should be."""


def encode_request(request: RunRequest) -> dict[str, Json]:
    """A request with its whole plan; times in ISO 8601."""
    return {
        "run_id": request.run_id,
        "plan": encode_plan(request.plan),
        "requested_by": request.requested_by,
        "requester_team_id": request.requester_team_id,
        "channel": request.channel,
        "requested_at": request.requested_at.isoformat(),
        "expires_at": request.expires_at.isoformat(),
    }


def decode_request(document: Mapping[str, Json]) -> RunRequest:
    """The request that `encode_request` wrote."""
    return RunRequest(
        run_id=_text(document, "run_id"),
        plan=decode_plan(_object(document, "plan")),
        requested_by=_text(document, "requested_by"),
        requester_team_id=_text(document, "requester_team_id"),
        channel=_text(document, "channel"),
        requested_at=_moment(document, "requested_at"),
        expires_at=_moment(document, "expires_at"),
    )


def encode_plan(plan: Plan) -> dict[str, Json]:
    """A plan; its hash is not written: it follows from the binding."""
    binding = plan.binding
    return {
        "binding": {
            "remediation": binding.remediation,
            "target": binding.target,
            "workload": binding.workload,
            "workload_uid": binding.workload_uid,
            "template_hash": binding.template_hash,
            "verdict": binding.verdict,
            "rung": binding.rung,
            "restore_replicas": binding.restore_replicas,
            "accepts_data_loss": binding.accepts_data_loss,
        },
        "title": plan.title,
        "entry": plan.entry,
        "why": list(plan.why),
        "risks": list(plan.risks),
        "restores": plan.restores,
        "facts": [{"label": fact.label, "value": fact.value} for fact in plan.facts],
        "steps": [_encode_call(call) for call in plan.steps],
        "compensation": [_encode_call(call) for call in plan.compensation],
        "gentler": plan.gentler,
    }


def decode_plan(document: Mapping[str, Json]) -> Plan:
    """The plan that `encode_plan` wrote."""
    return Plan(
        binding=_decode_binding(_object(document, "binding")),
        title=_text(document, "title"),
        entry=_text(document, "entry"),
        why=_texts(document, "why"),
        risks=_texts(document, "risks"),
        restores=_text(document, "restores"),
        facts=tuple(Fact(_text(fact, "label"), _text(fact, "value")) for fact in _objects(document, "facts")),
        steps=tuple(_decode_call(call) for call in _objects(document, "steps")),
        compensation=tuple(_decode_call(call) for call in _objects(document, "compensation")),
        gentler=_text(document, "gentler"),
    )


def encode_decision(decision: Decision) -> dict[str, Json]:
    """A decision; `clicked_at` in ISO 8601."""
    return {
        "run_id": decision.run_id,
        "choice": decision.choice.value,
        "plan_hash": decision.plan_hash,
        "by": decision.by,
        "by_team_id": decision.by_team_id,
        "clicked_at": decision.clicked_at.isoformat(),
        "reason": decision.reason,
    }


def decode_decision(document: Mapping[str, Json]) -> Decision:
    """The decision that `encode_decision` wrote."""
    return Decision(
        run_id=_text(document, "run_id"),
        choice=Choice(_text(document, "choice")),
        plan_hash=_text(document, "plan_hash"),
        by=_text(document, "by"),
        by_team_id=_text(document, "by_team_id"),
        clicked_at=_moment(document, "clicked_at"),
        reason=_text(document, "reason"),
    )


def encode_line(line: StepLine) -> dict[str, Json]:
    """One line of the progress card."""
    return {"title": line.title, "state": line.state.value, "note": line.note, "seconds": line.seconds}


def decode_line(document: Mapping[str, Json]) -> StepLine:
    """The line that `encode_line` wrote."""
    seconds = document.get("seconds")
    if seconds is not None and (isinstance(seconds, bool) or not isinstance(seconds, int | float)):
        raise ValueError("`seconds` is not a number")
    return StepLine(
        title=_text(document, "title"),
        state=StepState(_text(document, "state")),
        note=_text(document, "note"),
        seconds=None if seconds is None else float(seconds),
    )


def _encode_call(call: StepCall) -> dict[str, Json]:
    return {"step": call.step, "title": call.title, "arguments": dict(call.arguments)}


def _decode_call(document: Mapping[str, Json]) -> StepCall:
    arguments: dict[str, Scalar] = {}
    for name, value in _object(document, "arguments").items():
        if value is not None and not isinstance(value, str | int | float | bool):
            raise ValueError(f"argument `{name}` is not a scalar")
        arguments[name] = value
    return StepCall(_text(document, "step"), _text(document, "title"), arguments)


def _decode_binding(document: Mapping[str, Json]) -> Binding:
    replicas, accepts = document.get("restore_replicas"), document.get("accepts_data_loss")
    if isinstance(replicas, bool) or not isinstance(replicas, int):
        raise ValueError("`restore_replicas` is not an integer")
    if not isinstance(accepts, bool):
        raise ValueError("`accepts_data_loss` is not a boolean")
    return Binding(
        remediation=_text(document, "remediation"),
        target=_text(document, "target"),
        workload=_text(document, "workload"),
        workload_uid=_text(document, "workload_uid"),
        template_hash=_text(document, "template_hash"),
        verdict=_text(document, "verdict"),
        rung=_text(document, "rung"),
        restore_replicas=replicas,
        accepts_data_loss=accepts,
    )


def _text(document: Mapping[str, Json], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str):
        raise ValueError(f"`{name}` is not a text")
    return value


def _moment(document: Mapping[str, Json], name: str) -> datetime:
    return datetime.fromisoformat(_text(document, name))


def _object(document: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    value = document.get(name)
    if not isinstance(value, Mapping):
        raise ValueError(f"`{name}` is not an object")
    return value


def _list(document: Mapping[str, Json], name: str) -> Sequence[Json]:
    value = document.get(name)
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ValueError(f"`{name}` is not a list")
    return value


def _texts(document: Mapping[str, Json], name: str) -> tuple[str, ...]:
    values = _list(document, name)
    if not all(isinstance(value, str) for value in values):
        raise ValueError(f"`{name}` is not a list of texts")
    return tuple(str(value) for value in values)


def _objects(document: Mapping[str, Json], name: str) -> tuple[Mapping[str, Json], ...]:
    values = _list(document, name)
    found = tuple(value for value in values if isinstance(value, Mapping))
    if len(found) != len(values):
        raise ValueError(f"`{name}` is not a list of objects")
    return found
