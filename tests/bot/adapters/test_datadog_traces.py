"""The adapter's questions and answers, and how it spares the requests of the hour."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
import pytest_asyncio

from bot.adapters.datadog import DatadogApi, DatadogTraces, HourlyBudget
from bot.domain.datadog import Datadog, SpanQuestion
from bot.domain.errors import AccessDenied, BadAnswer, RateLimited, SfintError, Unreachable
from lab.estate.datadog import DatadogStandIn
from lab.estate.faults import Fault
from tests.fakes.estate import FakeClock
from tests.fakes.spans import SERVICE, record

EXPECTED = Datadog(env="production")
POLL = EXPECTED.poll_operations[0]
EVERYTHING = EXPECTED.every_span
POLLS = SpanQuestion(EXPECTED.poll_operations, 900)


@dataclass
class Site:
    """The stand-in, and a way to it whose clock the test moves."""

    peer: DatadogStandIn
    clock: FakeClock
    api: DatadogApi
    traces: DatadogTraces

    @property
    def asked(self) -> int:
        """Requests that arrived."""
        return len(self.peer.requests)


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Site]:
    """With a few spans."""
    async with DatadogStandIn() as peer:
        record(peer, "get_token", 400, times=2, error__message="Error call with status : 400")
        record(peer, "get_token", 200)
        record(peer, POLL, 204, times=3, seconds=30, userID="521")
        record(peer, POLL, 403, userID="522", seconds=50)
        record(peer, POLL, 503, userID="523")
        record(peer, POLL, 503, service="another")
        record(peer, POLL, 503, env="staging")
        clock = FakeClock()
        api = api_of(peer, clock)
        yield Site(peer, clock, api, traces_of(api))
        await api.aclose()


def api_of(peer: DatadogStandIn, clock: FakeClock, budget: HourlyBudget | None = None) -> DatadogApi:
    """A way to it with short deadlines."""
    return DatadogApi(
        url=peer.url,
        api_key=peer.api_key,
        application_key=peer.application_key,
        clock=clock,
        budget=budget,
        deadline_seconds=0.3,
    )


def traces_of(api: DatadogApi) -> DatadogTraces:
    """Of the middleware in production."""
    return DatadogTraces(api, service=SERVICE, env="production")


async def test_spans_are_counted_by_operation_status_and_mark(site: Site) -> None:
    """Of this service and environment only, in one request, with durations."""
    found = await site.traces.counts(EVERYTHING)

    assert {(row.operation, row.http_status, row.is_error): row.spans for row in found.rows} == {
        ("get_token", 400, True): 2,
        ("get_token", 200, False): 1,
        (POLL, 204, False): 3,
        (POLL, 403, True): 1,
        (POLL, 503, False): 1,
    }
    assert (found.total, found.failed, found.asked_seconds_ago, site.asked) == (8, 4, 0.0, 1)
    assert found.of((POLL,)).by_status == {204: 3, 403: 1, 503: 1}
    slow = next(row for row in found.rows if row.http_status == 204)
    assert slow.longest_seconds == 30.0


@pytest.mark.parametrize(
    ("question", "total"),
    [
        (POLLS, 5),
        (SpanQuestion(EXPECTED.poll_operations, 900, http_statuses=(403, 503)), 2),
        (SpanQuestion(EXPECTED.poll_operations, 900, longer_than_seconds=45), 1),
        (SpanQuestion(EXPECTED.operations, 900, only_errors=True), 3),
        (SpanQuestion((), 900), 8),
        (SpanQuestion((POLL,), 45, http_statuses=(200,)), 0),
    ],
)
async def test_a_question_restricts(site: Site, question: SpanQuestion, total: int) -> None:
    """By operation in every spelling, by status, by duration, by mark."""
    assert (await site.traces.counts(question)).total == total


async def test_distinct_sessions_are_counted_in_all_and_by_status(site: Site) -> None:
    """One request: polled sessions, and those among them with a 403."""
    found = await site.traces.distinct(POLLS, "@userID")

    assert (found.total, found.by_status, site.asked) == (3, {204: 1, 403: 1, 503: 1}, 1)


async def test_samples_are_flattened_and_keep_their_secrets_out_of_repr(site: Site) -> None:
    """They are for judging; what prints them by accident shows no tag."""
    record(site.peer, "get_token", 400, ago=0, payload='{Password:"hunter22"}', error__details="map[error:x]")

    (sample,) = await site.traces.samples(EXPECTED.failed_spans, 1)

    assert (sample.operation, sample.http_status, sample.is_error) == ("get_token", 400, True)
    assert sample.tags["payload"] == '{Password:"hunter22"}'
    assert sample.words == "map[error:x]"
    assert "hunter22" not in repr(sample)


async def test_a_sample_in_the_documented_shape_is_read_too(site: Site) -> None:
    """Which has neither operation nor status at the top."""
    custom = {"error": {"message": "boom"}, "http": {"status_code": "500"}, "duration": 2_000_000_000}
    item = {"id": "1", "type": "spans", "attributes": {"custom": custom, "resource_name": "POST /x"}}
    site.peer.faults.add(Fault.json(200, {"data": [item], "meta": {"status": "done"}}))

    (sample,) = await site.traces.samples(EVERYTHING, 1)

    assert (sample.is_error, sample.http_status, sample.seconds, sample.resource) == (True, 500, 2.0, "POST /x")


async def test_the_same_question_is_asked_once_for_a_while(site: Site) -> None:
    """And says how old its answer is."""
    await site.traces.counts(EVERYTHING)
    site.clock.seconds = 59
    again = await site.traces.counts(EVERYTHING)
    site.clock.seconds = 61
    anew = await site.traces.counts(EVERYTHING)

    assert (again.asked_seconds_ago, anew.asked_seconds_ago, site.asked) == (59.0, 0.0, 2)


async def test_the_fewer_requests_are_left_the_longer_an_answer_does(site: Site) -> None:
    """So that many targets slow down together before they run dry."""
    site.peer.spend(119)  # with ours 120 of 300: half of what the reserve leaves
    await site.traces.counts(EVERYTHING)
    site.clock.seconds = 119
    again = await site.traces.counts(EVERYTHING)
    site.clock.seconds = 121
    await site.traces.counts(EVERYTHING)

    assert (again.asked_seconds_ago, site.asked) == (119.0, 2)


async def test_the_same_question_at_the_same_time_is_asked_once(site: Site) -> None:
    """Twenty checks, one request."""
    await asyncio.gather(*(site.traces.counts(EVERYTHING) for _ in range(20)))

    assert site.asked == 1


async def test_an_answer_that_comes_too_late_for_one_is_there_for_the_next(site: Site) -> None:
    """It was paid for: the check that gave up does not cut the request."""
    site.peer.faults.add(Fault.slow(0.1))

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await site.traces.counts(EVERYTHING)
    found = await site.traces.counts(EVERYTHING)

    assert (found.total, site.asked) == (8, 1)


async def test_the_budget_is_counted_and_the_reserve_is_left(site: Site) -> None:
    """When all but the reserve is spent nothing is asked; an hour after the first request one is free again."""
    api = api_of(site.peer, site.clock, HourlyBudget(site.clock, per_hour=5, reserve=3))
    traces = traces_of(api)
    site.peer.faults.add(Fault.json(200, {"data": [], "meta": {"status": "done"}}))
    await traces.counts(EVERYTHING)
    site.clock.seconds = 600
    await traces.counts(POLLS)

    with pytest.raises(RateLimited) as refused:
        await traces.counts(EXPECTED.failed_spans)
    assert refused.value.retry_after_seconds == 3000
    assert (traces.budget().left, site.asked) == (0, 2)
    assert str(traces.budget()) == "0 of 2 requests are left in this hour"
    site.clock.seconds = 3601
    await traces.counts(EXPECTED.failed_spans)
    assert site.asked == 3
    await api.aclose()


async def test_what_others_of_the_organisation_spend_is_believed(site: Site) -> None:
    """The headers of an answer say how little is left."""
    site.peer.spend(230)

    await site.traces.counts(EVERYTHING)

    assert site.traces.budget().left == 300 - 231 - 60
    site.clock.seconds = 3601  # what they said is over
    assert site.traces.budget().left == 240


async def test_a_refusal_for_the_ration_is_respected_until_its_reset(site: Site) -> None:
    """After a 429 nothing is asked until the seconds of X-RateLimit-Reset are over."""
    fault = site.peer.faults.add(Fault(429, "{}", headers={"X-RateLimit-Reset": "120"}, times=1))
    with pytest.raises(RateLimited) as refused:
        await site.traces.counts(EVERYTHING)
    with pytest.raises(RateLimited):
        await site.traces.counts(EVERYTHING)

    assert (refused.value.retry_after_seconds, fault.times, site.asked) == (120, 0, 1)
    site.clock.seconds = 121
    assert (await site.traces.counts(EVERYTHING)).total == 8


async def test_an_old_answer_is_better_than_none_while_nothing_may_be_asked(site: Site) -> None:
    """It says its age; after a quarter of an hour it is too old."""
    await site.traces.counts(EVERYTHING)
    site.peer.faults.add(Fault(429, "{}", headers={"X-RateLimit-Reset": "3600"}))
    site.clock.seconds = 600

    assert (await site.traces.counts(EVERYTHING)).asked_seconds_ago == 600
    site.clock.seconds = 901
    with pytest.raises(RateLimited):
        await site.traces.counts(EVERYTHING)


async def test_targets_with_the_same_keys_share_answers_and_budget(site: Site) -> None:
    """Two services, one ration."""
    other = DatadogTraces(site.api, service="another")

    await site.traces.counts(EVERYTHING)
    await other.counts(EVERYTHING)

    assert site.traces.budget() == other.budget()
    assert site.traces.budget().left == 238


Question = Callable[[DatadogTraces], Awaitable[object]]
QUESTIONS: list[Question] = [
    lambda traces: traces.counts(EVERYTHING),
    lambda traces: traces.distinct(POLLS, "@userID"),
    lambda traces: traces.samples(EVERYTHING, 5),
]


@pytest.mark.parametrize("ask", QUESTIONS, ids=["counts", "distinct", "samples"])
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.silent(), Unreachable),
        (Fault.dropped(), Unreachable),
        (Fault.unavailable(), Unreachable),
        (Fault.json(200, {"data": [], "meta": {"status": "timeout"}}), Unreachable),
        (Fault.json(403, {"errors": ["Forbidden"]}), AccessDenied),
        (Fault.json(401, {"errors": ["Unauthorized"]}), AccessDenied),
        (Fault.json(400, {"errors": ["no"]}), BadAnswer),
        (Fault.json(302, {}), BadAnswer),
        (Fault.html(), BadAnswer),
        (Fault.empty(), BadAnswer),
        (Fault.json(200, []), BadAnswer),
        (Fault.json(200, {"data": "x"}), BadAnswer),
        (Fault.json(200, {"data": [7]}), BadAnswer),
        (Fault.json(200, {"data": [{"attributes": "x"}]}), BadAnswer),
    ],
)
async def test_what_goes_wrong_is_translated(
    site: Site, ask: Question, fault: Fault, error: type[SfintError]
) -> None:
    """And no key is in the words."""
    site.peer.faults.add(fault)

    with pytest.raises(error) as failure:
        await ask(site.traces)

    assert site.peer.api_key not in str(failure.value)
    assert site.peer.application_key not in str(failure.value)


@pytest.mark.parametrize(
    "count", ["many", math.nan, math.inf, 10**400], ids=["words", "nan", "infinite", "endless"]
)
async def test_a_number_that_is_none_is_a_bad_answer(site: Site, count: object) -> None:
    """Where a count should be; what Python's JSON reads and nobody can count with is none either."""
    bucket = {"attributes": {"by": {}, "compute": {"c0": count}}}
    site.peer.faults.add(Fault.json(200, {"data": [bucket]}))

    with pytest.raises(BadAnswer):
        await site.traces.counts(EVERYTHING)


async def test_nobody_there_is_unreachable(site: Site) -> None:
    """A refused connection."""
    await site.peer.stop()

    with pytest.raises(Unreachable, match="cannot be reached"):
        await site.traces.counts(EVERYTHING)


async def test_the_api_key_is_validated_outside_the_ration(site: Site) -> None:
    """A wrong one is refused."""
    await site.traces.validate()
    site.peer.api_key = "another"

    with pytest.raises(AccessDenied):
        await site.traces.validate()
    assert site.traces.budget().left == 240


async def test_what_is_quoted_cannot_leave_its_quotes(site: Site) -> None:
    """A name from the settings is a name, whatever stands in it."""
    traces = DatadogTraces(site.api, service='x" OR service:"another')

    assert (await traces.counts(SpanQuestion((), 900))).total == 0
