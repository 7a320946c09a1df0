"""A channel as a test uses it: type, see what came of it, click, and read the books afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import yaml

from lab.slack.messages import StoredMessage
from lab.slack.outcomes import Clicked, Typed
from lab.world import INCIDENTS, World

RITA, ARNO, ADA, OLGA = "U0RITA001", "U0ARNO001", "U0ADA0001", "U0OLGA001"
IVAN, GUS, FIONA = "U0IVAN001", "U0GUST001", "U0FIONA01"
RANDOM, SHARED = "C0RANDOM01", "C0VENDOR01"
APPROVE, DENY = "sfint:decide:approve", "sfint:decide:deny"
SECONDS = 30.0
_WRITES = ("create", "update", "patch", "delete", "deletecollection")


@dataclass(frozen=True)
class Finished:
    """What a command on the terminal did."""

    code: int
    out: str
    err: str


class Room:
    """One channel of a world, the incident channel unless told."""

    def __init__(self, world: World, channel: str = INCIDENTS) -> None:
        self.world = world
        self.channel = channel

    def known(self) -> set[str]:
        """The time stamps of everything that stands in the channel now."""
        return {message.ts for message in self.world.slack.messages(self.channel)}

    def news(self, known: set[str]) -> list[StoredMessage]:
        """What came since."""
        return [message for message in self.world.slack.messages(self.channel) if message.ts not in known]

    async def type(self, person: str, text: str) -> Typed:
        """Types it; the acknowledgement must come."""
        typed = await self.world.slack.type(person, self.channel, text)
        assert typed.acked, typed.error
        return typed

    async def click(self, person: str, message: StoredMessage, action: str) -> Clicked:
        """Clicks a button that is there; the acknowledgement must come."""
        clicked = await self.world.slack.click(person, self.channel, message.ts, action)
        assert clicked.acked, clicked.error
        return clicked

    async def told(self, person: str, text: str) -> StoredMessage:
        """Types it, and returns what then only this person sees."""
        known = self.known()
        await self.type(person, text)
        return await self.whisper(person, known)

    async def told_after_click(self, person: str, message: StoredMessage, action: str) -> StoredMessage:
        """Clicks it, and returns what then only this person sees."""
        known = self.known()
        await self.click(person, message, action)
        return await self.whisper(person, known)

    async def whisper(self, person: str, known: set[str], words: str = "") -> StoredMessage:
        """The next message that only this person sees, with these words in it."""
        return await self.wait(
            lambda message: (
                message.ts not in known and message.ephemeral_to == person and words in everything(message)
            )
        )

    async def card(self, person: str, text: str, event: str, state: str = "") -> StoredMessage:
        """Types it, and returns the card that comes of it once it is in that state."""
        known = self.known()
        await self.type(person, text)
        return await self.wait(
            lambda message: (
                message.ts not in known and is_event(message, event) and state in ("", state_of(message))
            )
        )

    async def until_state(self, message: StoredMessage, *states: str, seconds: float = 90.0) -> StoredMessage:
        """The same message once it says one of these states."""
        return await self.wait(lambda each: each.ts == message.ts and state_of(each) in states, seconds)

    async def progress(self, run_id: str, *states: str, seconds: float = 90.0) -> StoredMessage:
        """The run's progress card, once it says one of these states."""
        return await self.wait(
            lambda each: (
                is_event(each, "sfint_progress")
                and payload(each)["run_id"] == run_id
                and (not states or state_of(each) in states)
            ),
            seconds,
        )

    async def wait(self, predicate: Callable[[StoredMessage], bool], seconds: float = SECONDS) -> StoredMessage:
        """The first message that fits; TimeoutError shows what was there instead."""
        return await self.world.slack.wait_for(predicate, channel_id=self.channel, timeout=seconds)

    async def forge(self, original: Clicked, person: str, *, team: str = "", **changes: str) -> StoredMessage:
        """Sends a click that no screen offers: another person's, elsewhere, or of a button that is not there.

        `original` is a real click, of which everything else is kept. Returns what the person then sees here.
        """
        slack, known = self.world.slack, self.known()
        sent = copy.deepcopy(slack.deliveries.all[original.delivery_id].payload)
        home = slack.world.workspace.team_id
        path = slack.world.response_urls.make(
            "actions", team=home, person=person, channel=self.channel, message_ts=sent["container"]["message_ts"]
        )
        sent["user"] |= {"id": person, "team_id": team or home}
        sent["trigger_id"] = slack.world.triggers.make(person)
        sent["response_url"] = slack.world.base_url + path
        sent["channel"]["id"] = sent["container"]["channel_id"] = self.channel
        sent["actions"][0] |= changes
        _, answer = await slack.deliveries.send("interactive", sent)
        assert answer.acked, answer.error
        return await self.whisper(person, known)

    async def deny(self, person: str, plan: StoredMessage, reason: str) -> None:
        """Denies a plan through its form."""
        await self.click(person, plan, DENY)
        form = await self.world.slack.wait_for_view(person, timeout=5.0)
        submitted = await self.world.slack.submit(
            person, form.id, {"sfint:reason-block": {"sfint:reason": reason}}
        )
        assert submitted.acked
        assert submitted.errors is None


@contextlib.asynccontextmanager
async def reconfigured(world: World, change: Callable[[dict[str, Any]], None]) -> AsyncIterator[None]:
    """The bot started anew with other settings, and with the former ones again afterwards."""
    former = world.bot.config.read_text()
    settings = yaml.safe_load(former)
    change(settings)
    await _restart(world, yaml.safe_dump(settings))
    try:
        yield
    finally:
        await _restart(world, former)


async def _restart(world: World, settings: str) -> None:
    await world.bot.stop()
    world.bot.config.write_text(settings)
    await world.bot.start()
    await world.bot.until_ready()


def is_event(message: StoredMessage, event: str) -> bool:
    """Whether the message's metadata names this event."""
    return (message.metadata or {}).get("event_type") == event


def payload(message: StoredMessage) -> dict[str, Any]:
    """What the metadata says; empty where there is none."""
    found: dict[str, Any] = (message.metadata or {}).get("event_payload") or {}
    return found


def state_of(message: StoredMessage) -> str:
    """The state that the metadata names."""
    return str(payload(message).get("state", ""))


def everything(message: StoredMessage) -> str:
    """All that a reader of the message sees, and its hidden parts."""
    return f"{message.text}\n{json.dumps(message.blocks, ensure_ascii=False)}"


def writes(world: World, since: int = 0) -> list[Any]:
    """What the bot changed in the cluster after the request with this number."""
    return [each for each in bot_requests(world, since) if each.verb in _WRITES]


def bot_requests(world: World, since: int = 0) -> list[Any]:
    """What the bot asked the cluster after the request with this number."""
    return [each for each in world.kubernetes.requests[since:] if each.user == world.kubernetes.bot.name]


async def sfint(world: World, *words: str, config: str | None = None, **environment: str) -> Finished:
    """Runs `sfint …` on a terminal with the world's configuration, and waits for its end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "--config",
        config or str(world.bot.config),
        *words,
        env={"PATH": os.environ["PATH"], **world.bot.environment, **environment},
        cwd=world.directory,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60.0):
        out, err = await process.communicate()
    assert process.returncode is not None
    return Finished(process.returncode, out.decode(), err.decode())


async def audit(world: World) -> list[dict[str, Any]]:
    """Every line of the audit log, as `sfint audit export` prints it."""
    finished = await sfint(world, "audit", "export")
    assert finished.code == 0, finished.err
    return [json.loads(line) for line in finished.out.split("\n") if line]
