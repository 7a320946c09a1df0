"""A repair where the pods' addresses are not routed: everything about Redis goes through the Kubernetes API."""

from __future__ import annotations

from lab.rehearsal import Rehearsal
from lab.scenario import collect
from lab.world import World


async def test_a_stale_master_is_repaired_by_port_forward() -> None:
    """The rehearsal as it is, and every pod of Redis was asked through the API, on both ports."""
    lines: list[str] = []
    async with World(reach="port-forward") as world:
        outcome = await Rehearsal(
            "redis-stale-master", collect()["redis-stale-master"], world, lines.append
        ).play()
        asked = [each for each in world.kubernetes.requests if each.subresource == "portforward"]

    assert outcome.ok, (outcome.problems, lines)
    assert {each.status for each in asked} == {101}
    assert {(each.name[-1], each.query["ports"]) for each in asked} == {
        (ordinal, port) for ordinal in "012" for port in ("6379", "26379")
    }
