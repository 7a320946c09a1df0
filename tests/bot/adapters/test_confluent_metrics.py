"""Messages over time from Confluent's Metrics API, and from whoever knows them."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from bot.adapters.confluent_metrics import ConfluentMetrics
from bot.adapters.traffic_sources import TrafficSources
from bot.domain.errors import AccessDenied, BadAnswer, RateLimited, SfintError, Unreachable
from bot.domain.kafka import RegularLoad
from bot.domain.kafka_traffic import Measured, TopicTraffic, Window, windows_until
from lab.estate.confluent import ConfluentStandIn
from lab.estate.faults import Fault
from lab.estate.kafka.cluster import Cluster

TOPIC = "integrations_passthrough_messages"
LOAD = RegularLoad(window_seconds=600, step_seconds=3_600, steps=3)


@pytest.fixture
async def confluent() -> AsyncIterator[ConfluentStandIn]:
    """The Metrics API of a cluster with one topic."""
    cluster = Cluster("lkc-acme01")
    cluster.topics.create(TOPIC, 3)
    async with ConfluentStandIn(cluster) as stand_in:
        yield stand_in


@pytest.fixture
async def metrics(confluent: ConfluentStandIn) -> AsyncIterator[ConfluentMetrics]:
    """The adapter towards it."""
    made = _metrics(confluent)
    yield made
    await made.aclose()


def _metrics(confluent: ConfluentStandIn, secret: str = "", cluster_id: str = "lkc-acme01") -> ConfluentMetrics:
    return ConfluentMetrics(
        api_key=confluent.api_key,
        api_secret=secret or confluent.api_secret,
        cluster_id=cluster_id,
        url=confluent.url,
        deadline_seconds=1.0,
    )


def _seed(confluent: ConfluentStandIn, *, minutes_ago: Sequence[int], each: int) -> None:
    """So many messages in each of those minutes."""
    minute = int(time.time()) // 60 * 60
    moments = [minute - 60 * ago + n * 59 / each for ago in sorted(minutes_ago, reverse=True) for n in range(each)]
    confluent.cluster.seed(TOPIC, moments)


async def _asked(metrics: ConfluentMetrics) -> TopicTraffic:
    (seen,) = await metrics.messages([TOPIC], windows_until(datetime.now(UTC), LOAD))
    return seen


async def test_the_last_three_minutes_are_left_out(confluent: ConfluentStandIn, metrics: ConfluentMetrics) -> None:
    """They are late, and the newest still grow."""
    confluent.late_seconds = 0.0
    _seed(confluent, minutes_ago=range(4, 12), each=5)
    _seed(confluent, minutes_ago=range(3), each=50)

    now = (await _asked(metrics)).figures[0]

    assert now is not None
    assert now.messages / (now.seconds / 60) == 5
    assert 5 * 60 <= now.seconds <= 7 * 60


async def test_absent_points_are_not_0(confluent: ConfluentStandIn, metrics: ConfluentMetrics) -> None:
    """No point is no figure; some points count for as many minutes."""
    _seed(confluent, minutes_ago=[4, 5, 7, 8, 9], each=4)

    now, *earlier = (await _asked(metrics)).figures

    assert now is not None
    assert (now.messages, now.seconds) in ((20, 300.0), (16, 240.0))
    assert earlier == [None, None, None]


async def test_too_few_points_are_no_figure(confluent: ConfluentStandIn, metrics: ConfluentMetrics) -> None:
    """One minute of ten says nothing."""
    _seed(confluent, minutes_ago=[5], each=4)

    assert (await _asked(metrics)).figures == (None,) * 4


async def test_earlier_windows_are_asked_for_once(confluent: ConfluentStandIn, metrics: ConfluentMetrics) -> None:
    """The API takes 60 requests a minute, and the past does not change."""
    _seed(confluent, minutes_ago=[*range(55, 85), *range(3, 12)], each=2)

    first = await _asked(metrics)
    second = await _asked(metrics)

    assert first.figures[1] is not None
    assert second.figures[1:] == first.figures[1:]
    assert len(confluent.requests) <= 4 + 1 + 3, "only a new quarter of a window may be asked for again"


async def test_every_page_is_read(
    confluent: ConfluentStandIn, metrics: ConfluentMetrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is the same, however small the pages."""
    _seed(confluent, minutes_ago=range(3, 12), each=2)
    whole = (await _asked(metrics)).figures[0]
    monkeypatch.setattr("bot.adapters.confluent_metrics._MOST_POINTS", 2)

    assert (await _asked(metrics)).figures[0] == whole
    assert any("page_token" in request.query for request in confluent.requests)


async def test_a_wrong_key_is_told_and_not_repeated(confluent: ConfluentStandIn) -> None:
    """A cluster's key is the usual mistake."""
    metrics = _metrics(confluent, secret="planted-wrong-secret")

    with pytest.raises(AccessDenied, match="CLOUD API key") as caught:
        await _asked(metrics)

    assert "planted" not in str(caught.value)
    await metrics.aclose()


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (Fault.html(), BadAnswer, "no JSON"),
        (Fault.json(200, {"data": [{"value": "many"}]}), BadAnswer, "no list of points"),
        (Fault.json(200, []), BadAnswer, "no list of points"),
        *(
            (Fault.json(200, {"data": [{"metric.topic": "t", "value": value}]}), BadAnswer, "no list of points")
            for value in (math.nan, math.inf, 10**400)
        ),
        (Fault.json(403, {"errors": [{"detail": "no"}]}), AccessDenied, "MetricsViewer: no"),
        (Fault.json(400, {"errors": [{"detail": "bad filter"}]}), BadAnswer, "bad filter"),
        (Fault.rate_limited(7), RateLimited, "slow down"),
        (Fault.unavailable(), Unreachable, "503"),
        (Fault.silent(), Unreachable, "did not answer within 1 s"),
        (Fault.dropped(), Unreachable, "cannot be reached"),
    ],
)
async def test_trouble_has_its_place_in_the_tree(
    confluent: ConfluentStandIn, metrics: ConfluentMetrics, fault: Fault, error: type[SfintError], words: str
) -> None:
    """Whatever is answered, or is not."""
    confluent.faults.add(fault)

    with pytest.raises(error, match=words) as caught:
        await _asked(metrics)

    if isinstance(caught.value, RateLimited):
        assert caught.value.retry_after_seconds == 7.0


async def test_a_cluster_that_is_not_ours_is_refused(confluent: ConfluentStandIn) -> None:
    """403, with its words."""
    metrics = _metrics(confluent, cluster_id="lkc-other1")

    with pytest.raises(AccessDenied, match="lkc-other1"):
        await _asked(metrics)
    await metrics.aclose()


@dataclass
class Known:
    """A source that answers as set, for the topics that it is asked for."""

    figure: Measured | None = None
    problem: SfintError | None = None
    asked: list[tuple[str, ...]] = field(default_factory=list)

    async def messages(self, topics: Sequence[str], windows: Sequence[Window]) -> tuple[TopicTraffic, ...]:
        """The same figure for every window."""
        self.asked.append(tuple(topics))
        if self.problem:
            raise self.problem
        return tuple(TopicTraffic(topic, (self.figure,) * len(windows), "known") for topic in topics)


WINDOWS = (Window(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=1)),)


async def test_the_second_source_is_asked_only_for_what_the_first_does_not_know() -> None:
    """Nothing is asked for in vain."""
    knows, other = Known(Measured(1, 60)), Known(Measured(2, 60))

    assert (await TrafficSources(knows, other).messages(["t"], WINDOWS))[0].figures == (Measured(1, 60),)
    assert other.asked == []
    (seen,) = await TrafficSources(Known(), other).messages(["t"], WINDOWS)
    assert (seen.figures, seen.doubt, other.asked) == ((Measured(2, 60),), "", [("t",)])


async def test_a_first_source_that_fails_is_told() -> None:
    """The figures stand, with the doubt; if both fail, the second's error does."""
    denied = Known(problem=AccessDenied("not this key"))

    (seen,) = await TrafficSources(denied, Known(Measured(2, 60))).messages(["t"], WINDOWS)

    assert (seen.figures, seen.doubt) == ((Measured(2, 60),), "not this key")
    with pytest.raises(Unreachable):
        await TrafficSources(denied, Known(problem=Unreachable("away"))).messages(["t"], WINDOWS)
