"""Failed chat requests in the middleware's log: Blocked pages, Unavailable does not."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from bot.domain.errors import AccessDenied, SfintError, Unreachable
from bot.domain.finding import Outcome
from bot.domain.live_chat import ChatRequests
from bot.readings.container_logs import LIMIT_BYTES, TAIL_LINES
from tests.bot.checks.chat_world import CHAT, ChatWorld


def event(kind: str, reason: str = "", user: str = "5215500000001") -> str:
    """A line as the middleware writes it."""
    message = f"Event [{kind}] : [{reason}]"
    return json.dumps({"msg": message, "severity": "info", "time": "2026-01-01T10:00:00Z", "userID": user})


BLOCKED = [event("ChatRequestSuccess", user="1"), event("ChatRequestFail", "Blocked", "1"),
           event("ChatRequestSuccess", user="2"), event("ChatRequestFail", "Blocked", "2"),
           event("ChatRequestFail", "Blocked", "2")]  # fmt: skip


@pytest.fixture
async def world() -> AsyncIterator[ChatWorld]:
    """Two blocked users are needed before anybody is paged."""
    async with AsyncExitStack() as stack:
        yield await ChatWorld.open(stack)


@pytest.mark.parametrize(
    ("lines", "code", "outcome"),
    [
        ([], "ok", Outcome.OK),
        ([event("ChatRequestSuccess"), event("ChatEstablished"), event("ChatEnded", "agent")], "ok", Outcome.OK),
        (BLOCKED, "blocked", Outcome.FAILING),
        ([event("ChatEstablished"), *BLOCKED], "blocked", Outcome.FAILING),
        ([*BLOCKED, event("ChatEstablished")], "blocked-few", Outcome.DEGRADED),
        (BLOCKED[:2], "blocked-few", Outcome.DEGRADED),
        ([event("ChatRequestFail", "Unavailable")] * 9, "unavailable", Outcome.DEGRADED),
        ([*BLOCKED, event("ChatRequestFail", "Unavailable")], "blocked", Outcome.FAILING),
        ([event("ChatRequestFail", "InternalFailure")], "other-reason", Outcome.DEGRADED),
        ([event("ChatRequestFail", "")], "other-reason", Outcome.DEGRADED),
        (['{"msg":"could not create chat in salesforce: this contact is blocked"}'], "ok", Outcome.OK),
    ],
)
async def test_the_log_is_judged(world: ChatWorld, lines: list[str], code: str, outcome: Outcome) -> None:
    """Distinct users count, not lines; what an agent took since then is over."""
    world.log = "\n".join(lines)

    finding = await world.ask("chat-requests")

    assert (finding.code, finding.outcome) == (f"chat-requests.{code}", outcome)


async def test_blocked_names_what_to_look_at_first(world: ChatWorld) -> None:
    """The address before the user; and the figures, without any customer's number."""
    world.log = "\n".join([*BLOCKED, event("ChatRequestFail", "Blocked", "5215598765432")])

    finding = await world.ask("chat-requests")
    advice = next(line for line in finding.evidence if "egress" in line)

    assert "3 users in the last 15 min" in finding.summary
    assert advice.index("IP block rules") < advice.index("integration user")
    assert "integration user integration@acme.example.com" in finding.evidence
    assert "Event [ChatRequestFail] : [Blocked]: 4 times, 3 users" in finding.evidence
    assert not any("5215598765432" in line for line in (finding.summary, *finding.evidence))


async def test_blocked_tells_the_egress_address_where_it_is_known(world: ChatWorld) -> None:
    """In the summary: the mail to the client's admin is made of it."""
    world.chat = replace(CHAT, requests=ChatRequests(egress_addresses=("203.0.113.10", "203.0.113.16/28")))
    world.log = "\n".join(BLOCKED)

    finding = await world.ask("chat-requests")

    assert finding.summary.endswith("the middleware's egress address is 203.0.113.10, 203.0.113.16/28")


async def test_only_the_window_of_the_settings_is_read(world: ChatWorld) -> None:
    """Kubernetes cuts it."""
    world.chat = replace(CHAT, requests=ChatRequests(window_seconds=120))

    finding = await world.ask("chat-requests")

    assert world.cluster.log_windows == [120]
    assert "in the last 2 min" in finding.summary


async def test_a_log_that_was_read_in_part_says_so(world: ChatWorld) -> None:
    """Counts are the least; "no request failed" is said of what was read."""
    world.log = "passed by\n" * TAIL_LINES + "\n".join(BLOCKED)
    blocked = await world.ask("chat-requests", check_seconds=5.0)
    world.log = "passed by\n" * (TAIL_LINES + 1)
    well = await world.ask("chat-requests", check_seconds=5.0)

    assert "at least: of the middleware's log only its newest lines were read: there are more" in blocked.evidence
    assert (well.code, well.outcome) == ("chat-requests.ok", Outcome.OK)
    assert well.summary.endswith("; of the middleware's log only its newest lines were read: there are more")


async def test_without_the_newest_lines_nothing_is_well(world: ChatWorld) -> None:
    """What was written last is what matters."""
    world.log = "x" * (LIMIT_BYTES + 1)

    finding = await world.ask("chat-requests", check_seconds=5.0)

    assert (finding.code, finding.outcome) == ("chat-requests.unknown", Outcome.UNKNOWN)
    assert "its newest lines could not be read" in finding.summary


@pytest.mark.parametrize("problem", [AccessDenied("pods/log is forbidden"), Unreachable("no answer")])
async def test_a_log_that_cannot_be_read_is_unknown(world: ChatWorld, problem: SfintError) -> None:
    """With the reason."""
    world.cluster.log_problem = problem

    finding = await world.ask("chat-requests")

    assert (finding.code, finding.outcome) == ("chat-requests.unknown", Outcome.UNKNOWN)
    assert str(problem) in finding.summary


async def test_a_middleware_that_is_not_there_is_no_proof_of_good_chats(world: ChatWorld) -> None:
    """Nobody logs a failure then: that is not known, not well."""
    world.has_middleware = False

    finding = await world.ask("chat-requests")

    assert (finding.code, finding.outcome) == ("chat-requests.unknown", Outcome.UNKNOWN)
