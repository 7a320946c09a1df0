"""A Slack of one's own on loopback, in either mode, and the real outbox over a database of one's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml
from cryptography.fernet import Fernet
from xdist.remote import Producer

from bot.adapters.clock import SystemClock
from bot.adapters.slack import OverHttp, OverSocket, Slack, build_slack
from bot.adapters.slack_pace import Pace
from bot.adapters.slack_sender import Patience, SlackSender
from bot.adapters.store.store import Store, open_store
from bot.domain.redaction import Redactor
from lab.ports import free_port
from lab.slack.rate_limits import RateLimits
from lab.slack.server import SlackStandIn
from lab.slack.workspace import acme_workspace
from tests.work_units import ByWorld

_LONGEST_FIRST = ("chaos", "journeys", "contracts")
"""So that no worker is left alone with them when the others have nothing left to do."""
IMPATIENT = Patience(first_seconds=0.02, longest_seconds=0.1, parent_seconds=2.0)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole worlds come before single functions; within a folder the order stays."""
    folders = {item: item.path.relative_to(item.config.rootpath / "tests").parts[0] for item in items}
    items.sort(key=lambda item: _LONGEST_FIRST.index(f) if (f := folders[item]) in _LONGEST_FIRST else 9)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByWorld:
    """In the order above."""
    config.option.loadscopereorder = False
    return ByWorld(config, log)


@pytest.fixture
def slack_mode(request: pytest.FixtureRequest) -> str:
    """Socket Mode, unless a test asks for `both_modes`."""
    return str(getattr(request, "param", "socket"))


@pytest.fixture
def http_port() -> int:
    """Where the bot takes signed requests, in that mode."""
    return free_port()


@pytest.fixture
async def slack_world(slack_mode: str, http_port: int) -> AsyncIterator[SlackStandIn]:
    """A strict workspace that grants what the manifest asks for; no rate limits, trouble on demand."""
    manifest = yaml.safe_load((Path(__file__).parents[1] / "manifest.yml").read_text(encoding="utf-8"))
    scopes = frozenset(manifest["oauth_config"]["scopes"]["bot"])
    url = f"http://127.0.0.1:{http_port}/slack/events" if slack_mode == "http" else None
    stand_in = SlackStandIn(
        acme_workspace(), limits=RateLimits(enforced=False), scopes=scopes, http_request_url=url
    )
    await stand_in.start()
    yield stand_in
    await stand_in.stop()


@pytest.fixture
async def slack(slack_world: SlackStandIn, slack_mode: str, http_port: int) -> AsyncIterator[Slack]:
    """The bot's side of Slack, connected to nothing yet."""
    way: OverSocket | OverHttp = OverSocket(slack_world.app_token)
    if slack_mode == "http":
        way = OverHttp(slack_world.signing_secret, "127.0.0.1", http_port, "/slack/events")
    built = await build_slack(bot_token=slack_world.bot_token, way=way, api_url=slack_world.api_url)
    yield built
    await built.close()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """The books in a file of their own."""
    opened = await open_store(
        f"sqlite:///{tmp_path / 'sfint.db'}", [Fernet.generate_key().decode()], Redactor(), SystemClock()
    )
    yield opened
    await opened.close()


@pytest.fixture
async def sender(slack: Slack, store: Store) -> AsyncIterator[SlackSender]:
    """A sender that is not started yet, without pauses."""
    made = SlackSender(slack.web, store.outbox, pace=Pace(per_second=1e6, burst=1000), patience=IMPATIENT)
    yield made
    await made.stop(drain_seconds=0.0)
