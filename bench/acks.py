"""How long an acknowledgement takes, and how many there are a second: all servers in one run, in turns."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import statistics
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import aiohttp

from bench.servers import CHANNEL, PATH, RITA, TEAM
from lab.ports import free_port
from lab.slack.delivery.signed_http import sign
from lab.slack.server import SlackStandIn

_PR_SET_PDEATHSIG = 1
_WARM_UP = 200
_ROUNDS = 40
_IN_A_ROUND = 50
_TOGETHER = 8
_READY_SECONDS = 30.0


@dataclass
class Figures:
    """Milliseconds of single requests, one after the other; and the rate with eight at a time."""

    milliseconds: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)

    @property
    def p50(self) -> float:
        """The median, in milliseconds."""
        return statistics.median(self.milliseconds)

    @property
    def p99(self) -> float:
        """In milliseconds."""
        return statistics.quantiles(self.milliseconds, n=100)[98]

    @property
    def per_second(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.rates)


class Server:
    """One process of bench.servers, and requests to it."""

    def __init__(self, session: aiohttp.ClientSession, port: int, secret: str) -> None:
        self._session = session
        self._url = f"http://127.0.0.1:{port}{PATH}"
        self._secret = secret
        self._count = 0

    async def ask(self, text: str) -> float:
        """Milliseconds until the acknowledgement of a new command is there."""
        self._count += 1
        fields = {
            "command": "/sfint",
            "text": text,
            "user_id": RITA,
            "team_id": TEAM,
            "channel_id": CHANNEL,
            "trigger_id": f"{id(self)}.{self._count}",
            "response_url": "https://hooks.example.com/commands/1",
        }
        body = urlencode(fields).encode()
        stamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": sign(self._secret, stamp, body),
        }
        began = time.perf_counter()
        async with self._session.post(self._url, data=body, headers=headers) as answer:
            await answer.read()
        taken = time.perf_counter() - began
        if answer.status != 200:
            raise RuntimeError(f"answered {answer.status}")
        return 1000 * taken

    async def ready(self) -> None:
        """Returns when it serves."""
        async with asyncio.timeout(_READY_SECONDS):
            while True:
                try:
                    await self.ask("help")
                except aiohttp.ClientConnectionError:
                    await asyncio.sleep(0.05)
                else:
                    return

    async def rate(self, text: str) -> float:
        """Acknowledgements a second with eight requests at a time."""
        began = time.perf_counter()
        await asyncio.gather(*(self._some(text, _IN_A_ROUND // _TOGETHER) for _ in range(_TOGETHER)))
        return _IN_A_ROUND // _TOGETHER * _TOGETHER / (time.perf_counter() - began)

    async def _some(self, text: str, count: int) -> None:
        for _ in range(count):
            await self.ask(text)


@asynccontextmanager
async def served(kind: str, slack: SlackStandIn, directory: Path) -> AsyncIterator[Server]:
    """A server of this kind in a process of its own, ready; gone afterwards."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.servers", kind, str(port), slack.api_url, str(directory),
        env={**os.environ, "SLACK_BOT_TOKEN": slack.bot_token, "SLACK_SIGNING_SECRET": slack.signing_secret},
        preexec_fn=_die_with_parent,
    )  # fmt: skip
    try:
        async with aiohttp.ClientSession() as session:
            server = Server(session, port, slack.signing_secret)
            await server.ready()
            yield server
    finally:
        process.kill()
        await process.wait()


async def compare(kinds: Mapping[str, str], text: str, slack: SlackStandIn, directory: Path) -> dict[str, Figures]:
    """Label -> figures, for servers of these kinds asked the same in turns, so that noise falls on all alike."""
    figures = {label: Figures() for label in kinds}
    async with AsyncExitStack() as stack:
        servers = {}
        for label, kind in kinds.items():
            own = directory / f"{kind}-{text}"
            own.mkdir()
            servers[label] = await stack.enter_async_context(served(kind, slack, own))
        for server in servers.values():
            for _ in range(_WARM_UP):
                await server.ask(text)
        for nth in range(_ROUNDS):
            order = list(servers.items())
            for label, server in order if nth % 2 else reversed(order):
                figures[label].milliseconds += [await server.ask(text) for _ in range(_IN_A_ROUND)]
                figures[label].rates.append(await server.rate(text))
    return figures


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
