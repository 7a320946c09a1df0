"""The middleware's surroundings: Salesforce, LiveAgent, one master, one replica, one sentinel."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lab.estate.live_agent import LiveAgentStandIn
from lab.estate.salesforce import SalesforceStandIn
from tests.lab.estate.middleware.valkey_process import Valkey, eventually


@pytest.fixture
async def salesforce() -> AsyncIterator[SalesforceStandIn]:
    async with SalesforceStandIn() as stand_in:
        yield stand_in


@pytest.fixture
async def agent() -> AsyncIterator[LiveAgentStandIn]:
    async with LiveAgentStandIn(poll_seconds=0.1) as stand_in:
        yield stand_in


@pytest.fixture
async def master(tmp_path: Path) -> AsyncIterator[Valkey]:
    valkey = Valkey(tmp_path, "master", "127.20.0.1", ["repl-diskless-sync-delay 0"])
    await valkey.start()
    yield valkey
    await valkey.kill()


@pytest.fixture
async def replica(tmp_path: Path, master: Valkey) -> AsyncIterator[Valkey]:
    """Name it first in a test: it has to be linked before the sentinel looks, which asks a healthy master
    only every ten seconds. Tests that need no failover do without it, for speed.
    """
    host = "127.20.0.3"
    valkey = Valkey(
        tmp_path, "replica", host, [f"replicaof {master.host} {master.port}", f"replica-announce-ip {host}"]
    )
    await valkey.start()
    await eventually(master.feeds_a_replica)
    await eventually(valkey.is_linked)
    yield valkey
    await valkey.kill()


@pytest.fixture
async def sentinel(tmp_path: Path, master: Valkey) -> AsyncIterator[Valkey]:
    lines = [
        f"sentinel monitor mymaster {master.host} {master.port} 1",
        "sentinel down-after-milliseconds mymaster 300",
        "sentinel failover-timeout mymaster 1000",
    ]
    valkey = Valkey(tmp_path, "sentinel", "127.20.0.9", lines)
    await valkey.start()
    yield valkey
    await valkey.kill()
