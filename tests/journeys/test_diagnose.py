"""A text, a message or its snippet matched to the runbook, and a workload's logs, as people ask for them."""

from __future__ import annotations

import pytest

from lab.world import World
from tests.journeys.room import (
    FIONA,
    GUS,
    RANDOM,
    RITA,
    Room,
    audit,
    everything,
    is_event,
    payload,
    sfint,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

DIAGNOSIS = "sfint_diagnosis"
MATCH = "sfint:match-to-the-runbook"
STALE = "dial tcp 10.9.9.9:6379: connect: no route to host"
EXPIRED = '[{"message":"expired","errorCode":"INVALID_OPERATION_WITH_EXPIRED_PASSWORD"}]'


def entries(card: object) -> list[str]:
    """The pages that a card names, surest first."""
    return [each["entry"] for each in payload(card)["entries"]]  # type: ignore[arg-type]


async def test_a_typed_text_is_matched_and_its_address_looked_up(room: Room) -> None:
    """The page, the words that gave it away, and that no pod has the address."""
    card = await room.card(RITA, f"/sfint diagnose {STALE}", DIAGNOSIS)

    assert entries(card) == ["redis-failure"]
    assert "10.9.9.9:6379" in everything(card)
    assert "no pod and no Service" in everything(card)


async def test_the_address_of_a_live_pod_is_named(room: Room, world: World) -> None:
    """The answer says which pod has it."""
    pod = world.kubernetes.all("pods", "integrations")[0]
    line = f"dial tcp {pod['status']['podIP']}:6379: connect: connection refused"

    card = await room.card(RITA, f"/sfint diagnose {line}", DIAGNOSIS)

    assert f"the pod {pod['metadata']['name']}" in everything(card)


async def test_a_text_that_is_not_known_is_answered_too(room: Room) -> None:
    """Nothing is named where nothing known is wrong."""
    card = await room.card(RITA, "/sfint diagnose we should talk about redis some day", DIAGNOSIS)

    assert entries(card) == []
    assert "known to the runbook" in everything(card)


async def test_without_a_text_a_form_opens(room: Room, world: World) -> None:
    """Several lines, quotes and all; the answer is for everybody in the channel."""
    known = room.known()
    await room.type(RITA, "/sfint diagnose")
    form = await world.slack.wait_for_view(RITA, timeout=5.0)
    submitted = await world.slack.submit(
        RITA, form.id, {"sfint:text-block": {"sfint:text": f"some \"words\n{EXPIRED}\nmore 'words"}}
    )

    assert submitted.acked
    assert submitted.errors is None
    card = await room.wait(lambda message: message.ts not in known and is_event(message, DIAGNOSIS))
    assert entries(card)[0] == "expired-password"
    assert "line 2" in everything(card)


async def test_a_message_is_matched_in_its_thread(room: Room, world: World) -> None:
    """The shortcut on anybody's message; the answer hangs under it."""
    said = await world.slack.type(RITA, room.channel, f"what is this?\n{STALE}")
    chosen = await world.slack.choose_shortcut(RITA, room.channel, said.ts or "", MATCH)

    assert chosen.acked
    card = await room.wait(lambda message: is_event(message, DIAGNOSIS) and message.thread_ts == said.ts)
    assert entries(card) == ["redis-failure"]


async def test_a_snippet_is_read(room: Room, world: World) -> None:
    """Lines that were too long for a message."""
    lines = "\n".join([f"line {n}: all is well" for n in range(2000)] + [EXPIRED])
    said = await world.slack.post_snippet(RITA, room.channel, "middleware.log", lines)
    await world.slack.choose_shortcut(RITA, room.channel, said.ts or "", MATCH)

    card = await room.wait(lambda message: is_event(message, DIAGNOSIS) and message.thread_ts == said.ts)
    assert entries(card)[0] == "expired-password"


async def test_a_message_without_words_is_said_to_the_asker(room: Room, world: World) -> None:
    """And to nobody else."""
    known = room.known()
    said = await world.slack.post_snippet(RITA, room.channel, "picture.png", b"\x89PNG")
    await world.slack.choose_shortcut(RITA, room.channel, said.ts or "", MATCH)

    whisper = await room.whisper(RITA, known)
    assert "no text" in everything(whisper)


@pytest.mark.parametrize("person", [GUS, FIONA])
async def test_strangers_get_nothing_by_the_shortcut(room: Room, world: World, person: str) -> None:
    """The same rules as for a command."""
    known = room.known()
    said = await world.slack.type(RITA, room.channel, STALE)
    await world.slack.choose_shortcut(person, room.channel, said.ts or "", MATCH)

    assert "Refused" in everything(await room.whisper(person, known))
    assert not any(is_event(message, DIAGNOSIS) for message in room.news(known))


async def test_in_a_channel_without_the_bot_it_says_how_to_invite(world: World) -> None:
    """By response_url, as it has no other way in."""
    elsewhere = Room(world, RANDOM)
    known = elsewhere.known()
    said = await world.slack.type(RITA, RANDOM, STALE)
    await world.slack.choose_shortcut(RITA, RANDOM, said.ts or "", MATCH)

    assert "invite" in everything(await elsewhere.whisper(RITA, known)).lower()


async def test_logs_are_grouped_and_attached(room: Room, world: World) -> None:
    """A card of what was read, and the lines as a file in its thread, with nothing secret in them."""
    await world.middleware.connect()
    card = await room.card(RITA, "/sfint logs middleware --since 10m", "sfint_diagnosis")

    assert "salesforce-integration" in everything(card)
    file = await room.wait(lambda message: bool(message.files) and message.thread_ts == card.ts)
    assert file.files[0]["name"].startswith("salesforce-integration-")


async def test_whose_lines_were_wanted_is_shown_masked(room: Room) -> None:
    """A national number says nothing by its shape."""
    card = await room.card(RITA, "/sfint logs middleware --client 5512345678", DIAGNOSIS)

    assert "only lines that name" in everything(card)
    assert "5512345678" not in everything(card)


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("logs", "workload"),
        ("logs redsi", "/sfint logs redis"),
        ("logs kube-system", "middleware"),
        ("logs redis --since yesterday", "--since"),
        ("logs redis --since 3d", "--since"),
    ],
)
async def test_a_mistake_names_the_argument(room: Room, typed: str, named: str) -> None:
    """Only the asker sees it."""
    assert named in everything(await room.told(RITA, f"/sfint {typed}"))


async def test_the_terminal_reads_logs_too(world: World) -> None:
    """The same answer on stdout; a mistake ends with 2."""
    read = await sfint(world, "logs", "redis", "--since", "1h")
    wrong = await sfint(world, "logs", "nobody")

    assert (read.code, read.err) == (0, "")
    assert "Logs of redis-sentinel-node" in read.out
    assert wrong.code == 2


async def test_what_was_asked_is_audited(world: World) -> None:
    """The pages, never the text."""
    lines = await audit(world)

    assert any(line["action"] == "text.diagnosed" for line in lines)
    assert "10.9.9.9" not in str(lines)
