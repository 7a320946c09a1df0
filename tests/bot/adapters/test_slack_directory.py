"""Who people are and what channels are, asked of the strict stand-in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.adapters.slack import Slack
from bot.adapters.slack_directory import SlackDirectory
from bot.domain.actor import Actor, Place
from bot.domain.errors import Unreachable
from lab.slack.server import SlackStandIn
from lab.slack.workspace import Person, acme_workspace

HOME, FOREIGN, SISTER = "T0ACME0001", "T0FOREIGN", "T0SISTER01"


@pytest.mark.parametrize(
    ("user_id", "actor"),
    [
        ("U0RITA001", Actor("U0RITA001", HOME)),
        ("U0GUST001", Actor("U0GUST001", HOME, is_guest=True)),
        ("U0FIONA01", Actor("U0FIONA01", FOREIGN, is_guest=True)),
        ("U0SFINT001", Actor("U0SFINT001", HOME, is_guest=True)),
        ("U0NOBODY01", Actor("U0NOBODY01", HOME, is_guest=True)),
    ],
)
async def test_guests_bots_strangers_and_nobodies_are_told_apart(slack: Slack, user_id: str, actor: Actor) -> None:
    """Whatever team the payload claims, the account's own team counts; an unknown one is a guest."""
    assert await SlackDirectory(slack.web, HOME).actor(user_id, HOME) == actor


@pytest.mark.parametrize(
    ("channel_id", "place"),
    [
        ("C0INCSF001", Place("C0INCSF001")),
        ("C0VENDOR01", Place("C0VENDOR01", is_externally_shared=True)),
        ("C0RANDOM01", Place("C0RANDOM01", is_joined=False)),
        ("C0NOWHERE1", Place("C0NOWHERE1", is_joined=False)),
    ],
)
async def test_shared_and_unjoined_channels_are_told_apart(slack: Slack, channel_id: str, place: Place) -> None:
    """A channel that cannot be read is one that the bot has not joined."""
    assert await SlackDirectory(slack.web, HOME).place(channel_id) == place


@pytest.mark.parametrize(
    ("teams", "claimed", "team"),
    [
        ((SISTER, HOME), SISTER, HOME),
        ((SISTER, HOME), HOME, HOME),
        ((SISTER,), HOME, SISTER),
    ],
)
async def test_an_account_of_an_enterprise_grid_may_have_several_workspaces(
    slack_world: SlackStandIn, slack: Slack, teams: tuple[str, ...], claimed: str, team: str
) -> None:
    """Whoever is a member of ours belongs to us, wherever the account began and the person sits."""
    greta = Person("W0GRETA01", "greta", "Greta Grid", "greta@acme.example.com", team_id=SISTER, grid_teams=teams)
    slack_world.world.workspace = replace(acme_workspace(), people=(greta,))

    actor = await SlackDirectory(slack.web, HOME).actor(greta.id, claimed)

    assert actor == Actor(greta.id, team, is_guest=team != HOME)


async def test_a_direct_message_is_told_apart(slack_world: SlackStandIn, slack: Slack) -> None:
    """Nobody can be invited there, and without a scope of its own it cannot be read."""
    place = await SlackDirectory(slack.web, HOME).place("D0NOTMINE1")

    assert place == Place("D0NOTMINE1", is_joined=False, is_direct=True)


async def test_a_missing_scope_is_not_taken_for_a_missing_invitation(
    slack_world: SlackStandIn, slack: Slack
) -> None:
    """Whoever runs the bot learns what to do about it."""
    scopes = slack_world.world.identity.scopes - {"channels:read"}
    slack_world.world.identity = replace(slack_world.world.identity, scopes=scopes)

    with pytest.raises(Unreachable, match="lacks the scope channels:read"):
        await SlackDirectory(slack.web, HOME).place("C0INCSF001")


async def test_a_channel_is_remembered_for_half_a_minute(slack_world: SlackStandIn, slack: Slack) -> None:
    """It may be shared, or the bot removed from it, and nothing tells us."""
    now = [0.0]
    directory = SlackDirectory(slack.web, HOME, monotonic=lambda: now[0])
    for seconds in (0.0, 29.0, 31.0):
        now[0] = seconds
        await directory.place("C0INCSF001")

    assert sum(call.method == "conversations.info" for call in slack_world.requests) == 2


async def test_people_are_remembered_for_five_minutes(slack_world: SlackStandIn, slack: Slack) -> None:
    """A burst of clicks asks once; five minutes later it asks again."""
    now = [0.0]
    directory = SlackDirectory(slack.web, HOME, monotonic=lambda: now[0])
    for seconds in (0.0, 100.0, 299.0, 301.0):
        now[0] = seconds
        await directory.actor("U0RITA001", HOME)

    assert sum(call.method == "users.info" for call in slack_world.requests) == 2


async def test_a_channel_that_was_not_joined_is_asked_about_again(slack_world: SlackStandIn, slack: Slack) -> None:
    """Whoever invites the bot need not wait."""
    directory = SlackDirectory(slack.web, HOME)
    before = await directory.place("C0RANDOM01")
    await slack_world.type("U0RITA001", "C0RANDOM01", "/invite @sfint")
    after = await directory.place("C0RANDOM01")

    assert (before.is_joined, after.is_joined) == (False, True)


async def test_trouble_is_unreachable_and_not_remembered(slack_world: SlackStandIn, slack: Slack) -> None:
    """Callers deny while Slack cannot be asked."""
    directory = SlackDirectory(slack.web, HOME)
    slack_world.faults.server_errors(2)
    with pytest.raises(Unreachable):
        await directory.actor("U0RITA001", HOME)
    with pytest.raises(Unreachable):
        await directory.place("C0INCSF001")

    assert not (await directory.actor("U0RITA001", HOME)).is_guest
