"""The servers that are measured, one a process: a bare Bolt app, the same with an insert, and ours.

`python -m bench.servers KIND PORT API_URL DIRECTORY`; the tokens come by environment. All three stand on Starlette
and uvicorn with h11, one worker, no access log; the bare ones as slack-bolt's own adapter has it.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from cryptography.fernet import Fernet
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.adapters.clock import SystemClock
from bot.adapters.slack import OverHttp, build_slack
from bot.adapters.slack_directory import SlackDirectory
from bot.adapters.store.store import open_store
from bot.domain.actor import EVERYBODY, Role, Roles
from bot.domain.notice import Notice
from bot.domain.redaction import Redactor
from bot.log import configure_logging
from bot.usecases.help_at_once import HelpAtOnce
from bot.usecases.receive import Receive
from handlers import register

PATH = "/slack/events"
_INSERT = "INSERT INTO inbox (key, text) VALUES (?, ?)"
RITA, CHANNEL, TEAM = "U0RITA001", "C0INCSF001", "T0ACME0001"


@dataclass(frozen=True)
class Order:
    """What to serve."""

    port: int
    api_url: str
    directory: Path
    bot_token: str
    signing_secret: str


@dataclass(frozen=True)
class Usecases:
    """What our listeners are given."""

    receive: Receive
    help_at_once: Callable[[str, str, str], Notice | None]


async def ours(order: Order) -> None:
    """Our door, our listeners, our store; nobody works the inbox off, as the others have no work either."""
    configure_logging(Redactor(), "WARNING")
    store = await open_store(
        f"sqlite:///{order.directory / 'sfint.db'}",
        [Fernet.generate_key().decode()],
        Redactor([order.bot_token, order.signing_secret]),
        SystemClock(),
    )
    way = OverHttp(order.signing_secret, "127.0.0.1", order.port, PATH)
    slack = await build_slack(bot_token=order.bot_token, way=way, api_url=order.api_url)
    directory = SlackDirectory(slack.web, slack.team_id)
    await directory.actor(RITA, TEAM)
    await directory.place(CHANNEL)
    roles = Roles({Role.VIEWER: frozenset({EVERYBODY})})
    register(slack.app, Usecases(Receive(store.inbox, lambda: None), HelpAtOnce(directory, roles, TEAM)))
    await slack.entrance.start()
    await asyncio.Event().wait()


async def bare(order: Order, *, inserts: bool = False, threaded: bool = False, polls: bool = False) -> None:
    """Bolt alone, perhaps with an insert before the ack: on the loop's own thread, or in another one.

    `polls`: Bolt as it comes, else with process_before_response, which answers as soon as it can.
    """
    client = AsyncWebClient(token=order.bot_token, base_url=order.api_url)
    client.proxy = None
    known = AuthorizeResult.from_auth_test_response(
        auth_test_response=(await client.auth_test()).data,
        bot_token=order.bot_token,
    )

    async def authorize() -> AuthorizeResult:
        return known

    app = AsyncApp(signing_secret=order.signing_secret, authorize=authorize, process_before_response=not polls)
    database = _database(order.directory / "bare.db") if inserts else None

    @app.command("/sfint")
    async def on_command(ack: AsyncAck, command: dict[str, str]) -> None:
        row = (command["trigger_id"], command["text"])
        if database is not None and threaded:
            await asyncio.to_thread(database.execute, _INSERT, row)
        elif database is not None:
            database.execute(_INSERT, row)
        await ack()

    handler = AsyncSlackRequestHandler(app)

    async def endpoint(request: Request) -> Response:
        return await handler.handle(request)

    starlette = Starlette(routes=[Route(PATH, endpoint, methods=["POST"])])
    config = uvicorn.Config(
        starlette, host="127.0.0.1", port=order.port, http="h11", ws="none", lifespan="off", log_config=None
    )
    await uvicorn.Server(config).serve()


def _database(path: Path) -> sqlite3.Connection:
    """As durable as our store: WAL, and every commit synced. Autocommit, on the thread that serves."""
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE inbox (number INTEGER PRIMARY KEY, key TEXT UNIQUE, text TEXT)")
    return database


KINDS: Mapping[str, Callable[[Order], Coroutine[Any, Any, None]]] = {
    "ours": ours,
    "bare": bare,
    "bare-insert": lambda order: bare(order, inserts=True),
    "bare-thread": lambda order: bare(order, inserts=True, threaded=True),
    "bare-default": lambda order: bare(order, polls=True),
}


def main() -> None:
    """Serves until it is killed."""
    kind, port, api_url, directory = sys.argv[1:]
    bot_token, signing_secret = os.environ["SLACK_BOT_TOKEN"], os.environ["SLACK_SIGNING_SECRET"]
    asyncio.run(KINDS[kind](Order(int(port), api_url, Path(directory), bot_token, signing_secret)))


if __name__ == "__main__":
    main()
