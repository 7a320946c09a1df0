"""Peers that are costly to start are started once for all the contracts that are held against them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contracts.kafka_peers import Peer, open_peer, peer_names


@pytest.fixture(scope="session", params=peer_names())
def kafka(request: pytest.FixtureRequest) -> Iterator[Peer]:
    """Each broker in turn."""
    with open_peer(str(request.param)) as peer:
        yield peer
