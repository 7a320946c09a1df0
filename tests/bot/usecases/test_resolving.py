"""A page ends when everybody who may name its entry says that all is well, whatever others cannot tell."""

from __future__ import annotations

import pytest

from bot.adapters.store.store import Store
from bot.checks.registry import Check
from bot.domain.finding import Finding, Outcome
from bot.domain.page import PageState, page_key
from bot.domain.runbook import Team
from bot.domain.target import Target
from bot.ports.estate import Estate
from bot.usecases.report_status import report_status
from tests.fakes.desk import CHANNEL, RITA, TARGET, HeardChat, fake_desk

PAGE = page_key(TARGET.name, "redis-failure", Team.OPS)
NO_MASTER, MISSING = "redis.no-master", "kafka.topic-missing"


async def status(store: Store, key: str, components: tuple[str, ...] = (), **outcomes: Outcome) -> None:
    """A status in which the two checks answer so."""

    def check(name: str, code: str) -> Check:
        async def answer(target: Target, estate: Estate) -> Finding:
            outcome = outcomes[name]
            told = code if outcome is Outcome.FAILING else f"{name}.{outcome}"
            return Finding(name, name, outcome, told, f"{name}: {outcome}")

        return Check(name, name, (code,), "", answer)

    desk = fake_desk(store, HeardChat(), checks=(check("redis", NO_MASTER), check("kafka", MISSING)))
    await report_status(desk, TARGET, key=key, channel=CHANNEL, asked_by=RITA, components=components)


async def state(store: Store) -> PageState:
    """Of Ops' page."""
    page = await store.pages.get(PAGE)
    assert page is not None
    return page.state


@pytest.mark.parametrize(
    ("later", "components", "is_over"),
    [
        ({"redis": Outcome.OK, "kafka": Outcome.OK}, (), True),
        ({"redis": Outcome.OK, "kafka": Outcome.UNKNOWN}, (), True),
        ({"redis": Outcome.UNKNOWN, "kafka": Outcome.OK}, (), False),
        ({"redis": Outcome.FAILING, "kafka": Outcome.OK}, (), False),
        ({"redis": Outcome.OK, "kafka": Outcome.OK}, ("redis",), False),
    ],
)
async def test_the_page_ends_when_its_own_checks_can_tell(
    store: Store, later: dict[str, Outcome], components: tuple[str, ...], is_over: bool
) -> None:
    """Another system that cannot be asked keeps nobody awake; a narrow question ends nothing."""
    await status(store, "first", redis=Outcome.FAILING, kafka=Outcome.OK)
    assert await state(store) is PageState.QUEUED

    await status(store, "second", components, **later)

    assert (await state(store) is PageState.RESOLVED) is is_over
