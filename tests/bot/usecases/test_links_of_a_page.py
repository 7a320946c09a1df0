"""A page of the runbook leads to the target's own tools, whether it was typed for or clicked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.adapters.store.store import Store
from bot.domain.click import ShowEntry
from bot.domain.notice import Notice, RunbookPage
from bot.usecases.answer_click import answer_click
from bot.usecases.answer_command import answer_command
from bot.usecases.desk import Desk
from tests.fakes.desk import CHANNEL, RITA, TARGET, HeardChat, asked_by, fake_desk

LINKED = replace(TARGET, links={"rancher-redis": "https://rancher.example.com/{namespace}/{statefulset}"})
ADDRESS = "https://rancher.example.com/integrations/redis-sentinel-node"
OTHER = replace(LINKED, name="acme-stage", namespace="stage")


def links_of(shown: object) -> list[str]:
    """The addresses on the one page that was shown."""
    assert isinstance(shown, RunbookPage), shown
    (entry,) = shown.entries
    return list(entry.links.values())


async def asked_and_clicked(desk: Desk, chat: HeardChat) -> tuple[object, object]:
    """What Rita was shown for the command, then for the button."""
    await answer_command(desk, None, asked_by(RITA), "runbook redis-failure")
    typed = chat.told.pop(RITA)
    await answer_click(
        desk, None, asked_by(RITA, "key-2"), ShowEntry("redis-failure"), clicked_at=desk.clock.now()
    )
    return typed, chat.told[RITA]


async def test_the_links_are_those_of_the_channels_target(store: Store) -> None:
    """The settings hold templates; the page holds addresses that can be opened."""
    chat = HeardChat()
    desk = fake_desk(store, chat, targets={LINKED.name: LINKED})

    typed, clicked = await asked_and_clicked(desk, chat)

    assert links_of(typed) == links_of(clicked) == [ADDRESS]


@pytest.mark.parametrize(("default", "links"), [({}, []), ({CHANNEL: LINKED.name}, [ADDRESS])])
async def test_of_several_targets_the_channels_default_is_meant(
    store: Store, default: dict[str, str], links: list[str]
) -> None:
    """Without one a page is shown without links: a wrong cluster is worse than none."""
    chat = HeardChat()
    targets = {each.name: each for each in (LINKED, OTHER)}
    desk = fake_desk(store, chat, targets=targets, default_targets=default)

    typed, clicked = await asked_and_clicked(desk, chat)

    assert links_of(typed) == links_of(clicked) == links


async def test_a_button_in_a_channel_without_a_target_is_refused_in_words(store: Store) -> None:
    """A card may outlive the target that it was about."""
    chat = HeardChat()

    await answer_click(
        fake_desk(store, chat, targets={}), None, asked_by(RITA), ShowEntry("redis-failure"),
        clicked_at=fake_desk(store, chat).clock.now(),
    )  # fmt: skip

    told = chat.told[RITA]
    assert isinstance(told, Notice)
    assert told.lines == ("No target is configured for this channel.",)
