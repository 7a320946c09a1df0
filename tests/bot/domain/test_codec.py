"""Runs and decisions survive JSON unchanged."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.domain import codec
from bot.domain.approval import Choice, Decision
from bot.domain.remediation import Binding, Fact, Plan, StepCall
from bot.domain.run import RunRequest, StepLine, StepState

AT = datetime(2026, 3, 1, 3, 0, 0, 123, tzinfo=UTC)
BINDING = Binding(
    "restart-sentinel", "acme-prod", "statefulset/acme/redis", "uid", "ab" * 32, "no-master", "full", 3, True
)
CALL = StepCall(
    "statefulset.scale", "Scale", {"name": "redis", "replicas": 0, "wait": 1.5, "force": False, "x": None}
)
PLAN = Plan(
    BINDING, "Title", "redis-failure", ("a", "ñ"), (), "3", (Fact("l", "v"),), (CALL, CALL), (CALL,), "one pod"
)
REQUEST = RunRequest("run-1", PLAN, "U1", "T1", "C1", AT, AT + timedelta(minutes=15))
DECISION = Decision("run-1", Choice.APPROVE_DATA_LOSS, PLAN.hash, "U2", "T1", AT, "because")


def through_json(document: object) -> dict[str, codec.Json]:
    copy: dict[str, codec.Json] = json.loads(json.dumps(document))
    return copy


def test_a_request_comes_back_equal_with_the_same_hash() -> None:
    """Every field, the tuples as tuples, the scalars with their types."""
    back = codec.decode_request(through_json(codec.encode_request(REQUEST)))

    assert back == REQUEST
    assert back.plan.hash == PLAN.hash
    assert type(back.plan.steps[0].arguments["force"]) is bool


@pytest.mark.parametrize("choice", Choice)
def test_a_decision_comes_back_equal(choice: Choice) -> None:
    """Whatever was clicked, in whatever zone."""
    local = replace(DECISION, choice=choice, clicked_at=AT.astimezone(timezone(timedelta(hours=-6))))

    assert codec.decode_decision(through_json(codec.encode_decision(local))) == local


@pytest.mark.parametrize("state", StepState)
@pytest.mark.parametrize("seconds", [None, 0.25, 3])
def test_a_line_of_progress_comes_back_equal(state: StepState, seconds: float | None) -> None:
    """Ended or not."""
    line = StepLine("Scale", state, "note", seconds)

    assert codec.decode_line(through_json(codec.encode_line(line))) == line


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("run_id",), None, "run_id"),
        (("plan", "why"), "text", "why"),
        (("plan", "why"), [1], "why"),
        (("plan", "steps"), ["scale"], "steps"),
        (("plan", "binding"), [], "binding"),
        (("plan", "binding", "restore_replicas"), True, "restore_replicas"),
        (("plan", "binding", "accepts_data_loss"), 1, "accepts_data_loss"),
        (("plan", "compensation", 0, "arguments"), {"n": [1]}, "n"),
    ],
)
def test_a_damaged_document_is_refused_by_name(path: tuple[str | int, ...], value: object, named: str) -> None:
    """A run is never started from half a plan."""
    document = json.loads(json.dumps(codec.encode_request(REQUEST)))
    place = document
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value

    with pytest.raises(ValueError, match=f"`{named}`"):
        codec.decode_request(document)
