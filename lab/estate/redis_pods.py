"""How Redis with Sentinel breaks: each method brings about one of the known states, for real and to stay."""

from __future__ import annotations

import asyncio
import signal

from lab.estate.kubernetes.kubelet.container import ContainerLoop
from lab.estate.redis_facts import Facts
from lab.estate.redis_installation import RedisInstallation
from lab.estate.redis_link import REDIS_PORT
from lab.estate.redis_manifests import CONFIG_MOUNT, SENTINEL_MOUNT

NONSENSE = "port six-three-seven-nine"
LONG_FAILOVER_MS = 120_000
WAIT_SECONDS = 30.0


class RedisPods(RedisInstallation):
    """The installation together with everything that breaks it."""

    def dead_address(self) -> str:
        """A pod address that no pod has and none will get soon: connections to it are refused."""
        return self.kubernetes.addresses.pod()

    async def strand_all_on_dead_master(self) -> str:
        """No live master: every Redis follows, and every Sentinel monitors, a dead address (returned).

        As after pods were replaced one by one while the sentinels held the old master's address: each
        sentinel knows no replica of that master, so that a failover is impossible and nothing heals itself.
        """
        dead = self.dead_address()
        await self._forget_master()
        for ordinal in range(self.replicas):
            await self.on_redis(ordinal, "REPLICAOF", dead, REDIS_PORT)
        await self._monitor(dict.fromkeys(range(self.replicas), dead))
        await self.until(
            lambda facts: (
                facts.masters == ()
                and facts.believed_masters == {dead}
                and all("s_down" in each.flags for each in facts.sentinels)
                and all(each.master_host == dead and not each.link_is_up for each in facts.redis)
            ),
            WAIT_SECONDS,
            "every pod is stranded",
        )
        return dead

    async def point_sentinels_at_dead_address(self) -> str:
        """One live master with its replicas, but every Sentinel monitors a dead address (returned)."""
        dead = self.dead_address()
        await self._forget_master()
        await self._monitor(dict.fromkeys(range(self.replicas), dead))
        await self.until(
            lambda facts: (
                facts.believed_masters == {dead} and all("s_down" in each.flags for each in facts.sentinels)
            ),
            WAIT_SECONDS,
            "every sentinel holds the dead address",
        )
        return dead

    async def strand_replica(self, ordinal: int) -> str:
        """That replica follows a dead address (returned); the sentinels are right but do not know it."""
        dead = self.dead_address()
        master = await self.master_ordinal()
        await self._forget_master()
        await self.on_redis(ordinal, "REPLICAOF", dead, REDIS_PORT)
        live = self.replicas - 2
        await self.until(
            lambda facts: facts.masters[0].connected_replicas == live, WAIT_SECONDS, "the master misses it"
        )
        await self._monitor(dict.fromkeys(range(self.replicas), self.ip(master)))
        await self.until(
            lambda facts: all(
                each.num_slaves == live and each.num_other_sentinels == self.replicas - 1
                for each in facts.sentinels
            ),
            WAIT_SECONDS,
            "the sentinels know each other again",
        )
        return dead

    async def split_brain(self, ordinal: int = 2) -> Facts:
        """Two masters, and that pod's sentinel believes in its own pod while the others do not."""
        master = await self.master_ordinal()
        await self._forget_master()
        await self.on_redis(ordinal, "REPLICAOF", "NO", "ONE")
        await self.until(
            lambda facts: sorted(each.connected_replicas for each in facts.masters) == [0, self.replicas - 2],
            WAIT_SECONDS,
            "two masters",
        )
        views = {each: self.ip(ordinal if each == ordinal else master) for each in range(self.replicas)}
        await self._monitor(views)
        return await self.until(
            lambda facts: len(facts.masters) == 2 and len(facts.believed_masters) == 2,
            WAIT_SECONDS,
            "the sentinels disagree",
        )

    async def crash_loop(self, ordinal: int = 2, *, restarts: int = 312) -> None:
        """Both containers of that pod crash-loop over a broken file in their emptyDirs; the others are fine.

        A master hands over first. The loop looks hours old (`back-off 5m0s`, hundreds of restarts); deleting
        the pod heals it.
        """
        if await self.master_ordinal() == ordinal:
            await self.on_sentinel(ordinal, "FAILOVER", self.layout.master_set)
            await self.until(
                lambda facts: facts.agree(self.replicas) and facts.masters[0].pod != self.pod_name(ordinal),
                WAIT_SECONDS,
                "another master",
            )
        files = {"redis": (CONFIG_MOUNT, "redis.conf")}
        if not self.layout.sentinel_persistence:
            files["sentinel"] = (SENTINEL_MOUNT, "sentinel.conf")
        for name, (mount, file) in files.items():
            loop = self._container(ordinal, name)
            with (loop.container.mounts[mount] / file).open("a") as config:
                config.write(f"{NONSENSE}\n")
            loop.age(restarts)
            loop.kill()
        await self.kubernetes.until(
            lambda: all("waiting" in self._container(ordinal, name).state for name in files),
            WAIT_SECONDS,
            "the crash loop",
        )
        await self.until(
            lambda facts: len(facts.masters) == 1 and sum(each.has_quorum for each in facts.sentinels) >= 2,
            WAIT_SECONDS,
            "a master elsewhere",
        )

    async def scale_to_zero_by_somebody(self) -> None:
        """A person scales the StatefulSet to 0, without an annotation of anybody's."""
        await self.scale(0)

    async def move_master(self) -> Facts:
        """The master's pod is replaced: another one is the master, and the old address is nobody's."""
        old = self.ip(ordinal := await self.master_ordinal())
        self.kubernetes.delete("pods", self.pod_name(ordinal), self.layout.namespace)
        return await self.until(
            lambda facts: facts.agree(self.replicas) and old not in {each.ip for each in facts.redis},
            WAIT_SECONDS,
            "the master has moved",
        )

    async def hang_failover(self) -> int:
        """A failover that stays in progress: its chosen replica (returned) is frozen; see `thaw`."""
        master = await self.master_ordinal()
        chosen = next(ordinal for ordinal in range(self.replicas) if ordinal != master)
        for ordinal in range(self.replicas):
            await self.on_redis(ordinal, "CONFIG", "SET", "replica-priority", 1 if ordinal == chosen else 100)
            await self.on_sentinel(ordinal, "SET", self.layout.master_set, "failover-timeout", LONG_FAILOVER_MS)
        await self._until_priority(master, chosen)
        self._container(chosen, "redis").kill(signal.SIGSTOP)
        await self.on_sentinel(master, "FAILOVER", self.layout.master_set)
        await self.until(
            lambda facts: any("failover_in_progress" in each.flags for each in facts.sentinels),
            WAIT_SECONDS,
            "a failover in progress",
        )
        return chosen

    def thaw(self, ordinal: int) -> None:
        """Let a frozen Redis go on."""
        self._container(ordinal, "redis").kill(signal.SIGCONT)

    async def repoint_sentinels(self, ordinal: int) -> None:
        """The gentle repair of stale sentinels: REMOVE, MONITOR and SET towards that pod."""
        await self._forget_master()
        await self._monitor(dict.fromkeys(range(self.replicas), self.ip(ordinal)))

    async def _until_priority(self, sentinel: int, chosen: int) -> None:
        """Sentinels learn a replica's priority with its next INFO, up to ten seconds later."""
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                rows = await self.on_sentinel(sentinel, "REPLICAS", self.layout.master_set)
                fields = [dict(zip(row[::2], row[1::2], strict=True)) for row in rows]
                if any(row["ip"] == self.ip(chosen) and row["slave-priority"] == "1" for row in fields):
                    return
                await asyncio.sleep(0.2)

    async def _forget_master(self) -> None:
        for ordinal in range(self.replicas):
            await self.on_sentinel(ordinal, "REMOVE", self.layout.master_set)

    async def _monitor(self, views: dict[int, str]) -> None:
        layout = self.layout
        for ordinal, address in views.items():
            await self.on_sentinel(ordinal, "MONITOR", layout.master_set, address, REDIS_PORT, layout.quorum)
            settings: list[str | int] = ["down-after-milliseconds", layout.down_after_ms]
            settings += ["failover-timeout", layout.failover_timeout_ms, "parallel-syncs", 1]
            settings += ["auth-pass", layout.password] if layout.password else []
            await self.on_sentinel(ordinal, "SET", layout.master_set, *settings)

    def _container(self, ordinal: int, name: str) -> ContainerLoop:
        return self.kubernetes.kubelet.container(self.layout.namespace, self.pod_name(ordinal), name)
