"""The Redis adapter against real servers and sentinels, directly and by port-forward."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.adapters.redis import Login, RedisCache, Tls, dial_directly
from bot.domain.errors import AccessDenied, RunStopped, Unreachable
from bot.ports.dial import Dial
from lab.ports import free_port
from tests.bot.adapters.forwarding_api import forwarding_api
from tests.bot.adapters.redis_processes import RedisProcesses, ask, eventually, pod_at

_NET = "127.91.7"
_PODS = tuple(pod_at(f"node-{number}", f"{_NET}.{11 + number}") for number in range(3))
_MASTER = _PODS[0]
_LOCKED, _ACL = f"{_NET}.21", f"{_NET}.22"


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """A master, two replicas and three sentinels that know each other; ports of Redis and of Sentinel."""
    redis_port, sentinel_port = free_port(_MASTER.ip), free_port(_MASTER.ip)
    world = RedisProcesses(tmp_path_factory.mktemp("redis"))
    try:
        world.redis(_MASTER.ip, redis_port, 'save "900 1"')
        for pod in _PODS[1:]:
            world.redis(pod.ip, redis_port, 'save ""', "appendonly yes", f"replicaof {_MASTER.ip} {redis_port}")
        eventually(lambda: "connected_slaves:2" in ask(_MASTER.ip, redis_port, "INFO", "replication"))
        for pod in _PODS:
            world.sentinel(pod.ip, sentinel_port, _MASTER.ip, redis_port)
        eventually(lambda: all(_knows_two(pod.ip, sentinel_port) for pod in _PODS))
        yield redis_port, sentinel_port
    finally:
        world.stop()


def _knows_two(address: str, port: int) -> bool:
    others = ask(address, port, "SENTINEL", "SENTINELS", "mymaster")
    replicas = ask(address, port, "SENTINEL", "REPLICAS", "mymaster")
    return others.startswith("*2") and replicas.startswith("*2")


@pytest.fixture(params=["direct", "port-forward"])
async def dial(request: pytest.FixtureRequest) -> AsyncIterator[Dial]:
    """Every way to a pod."""
    if request.param == "direct":
        yield dial_directly
        return
    async with forwarding_api() as api:
        yield api.dial


@pytest.fixture
def cache(ports: tuple[int, int], dial: Dial) -> RedisCache:
    """The adapter as the composition root makes it."""
    return RedisCache(master_name="mymaster", redis_port=ports[0], sentinel_port=ports[1], dial=dial)


async def test_a_sentinel_tells_master_replicas_peers_and_quorum(
    cache: RedisCache, ports: tuple[int, int]
) -> None:
    """From every sentinel pod itself."""
    views = [await cache.sentinel(pod) for pod in _PODS]

    for view in views:
        assert (view.problem, view.master_ip, view.master_port) == ("", _MASTER.ip, ports[0])
        assert view.flags == {"master"}
        assert (view.replicas_known, view.sentinels_known, view.quorum) == (2, 2, 2)
        assert view.has_quorum, view.quorum_answer
        assert {replica.ip for replica in view.replicas} == {pod.ip for pod in _PODS[1:]}
        assert all("slave" in replica.flags for replica in view.replicas)


async def test_a_master_tells_its_role_data_and_persistence(cache: RedisCache) -> None:
    """ROLE, INFO and CONFIG."""
    view = await cache.node(_MASTER)

    assert (view.problem, view.role, view.connected_replicas) == ("", "master", 2)
    assert (view.save_rules, view.appendonly, view.persists) == ("900 1", False, True)
    assert view.keys == 0
    assert len(view.replication_id) == 40
    assert view.offset >= 0
    assert not view.note


async def test_a_replica_tells_whom_it_follows(cache: RedisCache) -> None:
    """Its link, its offset, and the append-only file as persistence."""
    master, view = await cache.node(_MASTER), await cache.node(_PODS[1])

    assert (view.role, view.master_host, view.master_link_up) == ("slave", _MASTER.ip, True)
    assert view.replication_id == master.replication_id
    assert (view.save_rules, view.appendonly, view.persists) == ("", True, True)


async def test_a_snapshot_is_newer_than_the_one_before(cache: RedisCache) -> None:
    """LASTSAVE counts seconds: two snapshots at once still give two times."""
    first = await cache.snapshot(_MASTER, 10)
    second = await cache.snapshot(_MASTER, 10)

    assert second > first
    assert (await cache.node(_MASTER)).last_save_at == second


async def test_a_canary_reaches_every_replica_and_leaves_nothing(cache: RedisCache) -> None:
    """SET, WAIT, GET on each, DEL."""
    had = await cache.canary(_MASTER, _PODS[1:], "sfint:canary", "song")

    assert had == 2
    assert (await cache.node(_MASTER)).keys == 0


async def test_a_canary_on_a_replica_stops_the_run(cache: RedisCache) -> None:
    """READONLY: it is no master."""
    with pytest.raises(RunStopped, match="node-1 does not take writes"):
        await cache.canary(_PODS[1], (), "sfint:canary", "song")


async def test_a_silent_peer_becomes_a_problem_in_words(cache: RedisCache) -> None:
    """Reads never raise; acts do."""
    nobody = pod_at("node-9", f"{_NET}.99")

    sentinel, node = await cache.sentinel(nobody), await cache.node(nobody)

    assert "cannot be reached: Connection refused" in sentinel.problem
    assert "cannot be reached: Connection refused" in node.problem
    assert (await cache.node(pod_at("node-9", ""))).problem == "the pod has no address yet"
    with pytest.raises(Unreachable):
        await cache.snapshot(nobody, 1)


async def test_a_sentinel_that_watches_another_master_says_so(ports: tuple[int, int], dial: Dial) -> None:
    """A wrong master name in the settings is told apart from a silent sentinel."""
    cache = RedisCache(master_name="other", redis_port=ports[0], sentinel_port=ports[1], dial=dial)

    assert "watches no master of that name" in (await cache.sentinel(_MASTER)).problem


async def test_passwords_that_do_not_fit_are_told_apart(tmp_path: Path, dial: Dial) -> None:
    """NOAUTH, WRONGPASS, and a password where none is wanted."""
    port = free_port(_MASTER.ip)
    world = RedisProcesses(tmp_path)
    try:
        world.redis(_LOCKED, port, "requirepass open-sesame")
        world.redis(_ACL, port)
        eventually(lambda: "NOAUTH" in ask(_LOCKED, port, "PING") and "PONG" in ask(_ACL, port, "PING"))

        async def problem(address: str, login: Login | None) -> str:
            cache = RedisCache(master_name="mymaster", redis_port=port, redis_login=login, dial=dial)
            return (await cache.node(pod_at("node-0", address))).problem

        assert "wants a password (NOAUTH)" in await problem(_LOCKED, None)
        assert "refused our password (WRONGPASS)" in await problem(_LOCKED, Login(password="wrong"))
        assert "takes no password" in await problem(_ACL, Login(password="needless"))
        assert await problem(_LOCKED, Login(password="open-sesame")) == ""
    finally:
        world.stop()


async def test_a_user_without_config_still_reads_and_persistence_counts_as_off(tmp_path: Path) -> None:
    """Managed Redis renames CONFIG, an ACL forbids it: noted, not failed; BGSAVE is then denied."""
    port = free_port(_MASTER.ip)
    world = RedisProcesses(tmp_path)
    try:
        rule = "user bot on >secret ~* +info +ping +lastsave +time -role -config -bgsave"
        world.redis(_ACL, port, rule, 'save "900 1"')
        eventually(lambda: "PONG" in ask(_ACL, port, "PING"))
        login = Login("bot", "secret")
        cache = RedisCache(master_name="mymaster", redis_port=port, redis_login=login)
        pod = pod_at("node-0", _ACL)

        view = await cache.node(pod)

        assert (view.problem, view.role, view.persists) == ("", "master", False)
        assert "CONFIG GET is not allowed" in view.note
        with pytest.raises(AccessDenied, match="NOPERM"):
            await cache.snapshot(pod, 5)
    finally:
        world.stop()


@asynccontextmanager
async def _peer(answer: bytes | None) -> AsyncIterator[int]:
    """A peer that gives one answer to everything, or none at all."""

    served: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.add(asyncio.current_task())
        while await reader.read(65536):
            if answer is not None:
                writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, _MASTER.ip, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.gather(*(task for task in served if task is not None))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"-LOADING Redis is loading the dataset in memory\r\n", "still loading its data (LOADING)"),
        (b"-MASTERDOWN Link with MASTER is down\r\n", "has lost its master (MASTERDOWN)"),
        (b"-ERR unknown command\r\n", "answered outside its contract"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "answered outside its contract"),
        (b"$3\r\nabc\r\n", "answered outside its contract"),
        (None, "did not answer within 0.5 s"),
    ],
)
async def test_strange_answers_become_words(answer: bytes | None, words: str, dial: Dial) -> None:
    """Neither a crash nor a wait beyond the deadline."""
    async with _peer(answer) as port:
        cache = RedisCache(
            master_name="mymaster", redis_port=port, sentinel_port=port, deadline_seconds=0.5, dial=dial
        )

        node, sentinel = await cache.node(_MASTER), await cache.sentinel(_MASTER)

    assert words in sentinel.problem
    assert words in node.problem
    assert node.loading == (b"LOADING" in (answer or b""))


async def test_tls_against_a_plain_server_is_a_problem_too(ports: tuple[int, int], dial: Dial) -> None:
    """A wrong TLS setting must not look like a crash."""
    cache = RedisCache(master_name="mymaster", redis_port=ports[0], tls=Tls(), deadline_seconds=1.0, dial=dial)

    assert (await cache.node(_MASTER)).problem


def test_a_login_never_shows_its_password() -> None:
    """Not in tracebacks either."""
    assert "secret" not in repr(Login("bot", "secret"))
