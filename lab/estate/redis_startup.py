"""What runs in the two containers of a Redis pod: the chart's start-up and pre-stop scripts, retold.

The start-up script asks the sentinels of the other pods for the master and believes the answer, even when
that address is dead (it only waits a failover's time for a better one). When no sentinel answers, it takes
the master of a persisted sentinel.conf, else its own pod. That is what makes a dead address outlive every
single restart, and what scaling to 0 cures.
"""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from lab.estate.kubernetes import Container, KubernetesStandIn, Launch, Runtime
from lab.estate.redis_link import REDIS_PORT, SENTINEL_PORT, ask_softly
from lab.estate.redis_manifests import CONFIG_MOUNT, DATA_MOUNT, SENTINEL_MOUNT, RedisLayout

_LOOK_AGAIN_SECONDS = 0.1
_HAND_OVER_SECONDS = 8.0
QUICK_SENTINEL = ("info-period", 500, "publish-period", 500)


class RedisScripts:
    """The scripts of one installation."""

    def __init__(self, kubernetes: KubernetesStandIn, layout: RedisLayout, binary: Path) -> None:
        self._kubernetes = kubernetes
        self._layout = layout
        self._binary = binary

    def redis_runtime(self) -> Runtime:
        """For the `redis` container."""
        return Runtime(self._start_redis, self._redis_is_ready, pre_stop=self._hand_over)

    def sentinel_runtime(self) -> Runtime:
        """For the `sentinel` container."""
        return Runtime(
            self._start_sentinel, self._sentinel_is_ready, self._quicken_sentinel, self._await_hand_over
        )

    async def _start_redis(self, container: Container) -> Launch:
        master = await self._master_for(container, None)
        config = container.mounts[CONFIG_MOUNT] / "redis.conf"
        if not config.exists():
            config.write_text(self._redis_config(container))
        lines = [line for line in config.read_text().splitlines() if not line.startswith("replicaof ")]
        if master != container.pod_ip:
            lines.append(f"replicaof {master} {REDIS_PORT}")
            container.say(f"INFO  ==> Configuring the node as replica of {master}")
        else:
            container.say("INFO  ==> Configuring the node as master")
        config.write_text("\n".join(lines) + "\n")
        return Launch([str(self._binary), str(config)])

    def _redis_config(self, container: Container) -> str:
        layout = self._layout
        secret = [f"requirepass {layout.password}", f"masterauth {layout.password}"] if layout.password else []
        rules = layout.save.split()
        saves = [f"save {rules[n]} {rules[n + 1]}" for n in range(0, len(rules), 2)] or ['save ""']
        lines = [
            f"bind {container.pod_ip}",
            f"port {REDIS_PORT}",
            "protected-mode no",
            f"dir {container.mounts[DATA_MOUNT]}",
            f"appendonly {'yes' if layout.appendonly else 'no'}",
            f"replica-announce-ip {container.pod_ip}",
            "repl-diskless-sync yes",
            "repl-diskless-sync-delay 0",
            "repl-ping-replica-period 1",
            "repl-timeout 10",
            "shutdown-timeout 1",
            *saves,
            *secret,
        ]
        return "\n".join(lines) + "\n"

    async def _start_sentinel(self, container: Container) -> Launch:
        config = container.mounts[SENTINEL_MOUNT] / "sentinel.conf"
        persisted = _monitored(config)
        if persisted is None:
            master = await self._master_for(container, None)
            config.write_text(self._sentinel_config(container, master))
        else:
            self._adopt(container, config, persisted, await self._master_for(container, persisted))
        return Launch([str(self._binary), str(config), "--sentinel"])

    def _sentinel_config(self, container: Container, master: str) -> str:
        layout = self._layout
        name = layout.master_set
        secret = [f"requirepass {layout.password}", f"sentinel sentinel-pass {layout.password}"]
        lines = [
            f"bind {container.pod_ip}",
            f"port {SENTINEL_PORT}",
            "protected-mode no",
            f"dir {container.mounts[SENTINEL_MOUNT]}",
            f"sentinel myid {hashlib.sha1(container.pod.encode(), usedforsecurity=False).hexdigest()}",
            f"sentinel announce-ip {container.pod_ip}",
            f"sentinel monitor {name} {master} {REDIS_PORT} {layout.quorum}",
            f"sentinel down-after-milliseconds {name} {layout.down_after_ms}",
            f"sentinel failover-timeout {name} {layout.failover_timeout_ms}",
            f"sentinel parallel-syncs {name} 1",
            *([f"sentinel auth-pass {name} {layout.password}", *secret] if layout.password else []),
        ]
        return "\n".join(lines) + "\n"

    def _adopt(self, container: Container, config: Path, persisted: str, master: str) -> None:
        """Keep a sentinel.conf from before, with this pod's address and the master that is believed in."""
        own = {
            "bind ": f"bind {container.pod_ip}",
            "sentinel announce-ip ": f"sentinel announce-ip {container.pod_ip}",
        }
        lines = [
            next((new for start, new in own.items() if line.startswith(start)), line)
            for line in config.read_text().splitlines()
        ]
        old = f"sentinel monitor {self._layout.master_set} {persisted} "
        new = f"sentinel monitor {self._layout.master_set} {master} "
        config.write_text("\n".join(line.replace(old, new) for line in lines) + "\n")

    async def _master_for(self, container: Container, persisted: str | None) -> str:
        """The master that the script believes in."""
        if persisted is None:
            persisted = _monitored(self._sentinel_conf(container))
        loop = asyncio.get_running_loop()
        settle = (self._layout.down_after_ms + self._layout.failover_timeout_ms) / 1000
        deadline = loop.time() + settle
        while True:
            answer = await self._ask_sentinels(container)
            if answer is None:
                return persisted or container.pod_ip
            if answer == container.pod_ip or loop.time() > deadline or await self._answers(answer):
                return answer
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    def _sentinel_conf(self, container: Container) -> Path:
        if SENTINEL_MOUNT in container.mounts:
            return container.mounts[SENTINEL_MOUNT] / "sentinel.conf"
        if not self._layout.sentinel_persistence:
            return Path("/nonexistent")
        claim = f"sentinel-data-{container.pod}"
        return self._kubernetes.kubelet.volumes.claim(container.namespace, claim) / "sentinel.conf"

    async def _ask_sentinels(self, container: Container, but: str = "") -> str | None:
        """What the sentinels behind the headless Service say; None when none of them answers."""
        for pod in self._kubernetes.all("pods", container.namespace):
            address = (pod.get("status") or {}).get("podIP", "")
            if not pod["metadata"]["name"].startswith(f"{self._layout.name}-") or address in ("", but):
                continue
            words = ("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self._layout.master_set)
            reply = await ask_softly(address, SENTINEL_PORT, *words, password=self._layout.password)
            if reply:
                return str(reply[0])
        return None

    async def _answers(self, address: str) -> bool:
        return await self._ping(address, REDIS_PORT)

    async def _ping(self, address: str, port: int) -> bool:
        return bool(await ask_softly(address, port, "PING", password=self._layout.password) == "PONG")

    async def _redis_is_ready(self, container: Container) -> bool:
        return await self._ping(container.pod_ip, REDIS_PORT)

    async def _sentinel_is_ready(self, container: Container) -> bool:
        return await self._ping(container.pod_ip, SENTINEL_PORT)

    async def _quicken_sentinel(self, container: Container) -> None:
        """Let it ask for INFO and say hello more often, as short timings need; an older server keeps its own."""
        while True:
            if await self._sentinel_is_ready(container):
                break
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        words = ("SENTINEL", "DEBUG", *QUICK_SENTINEL)
        await ask_softly(container.pod_ip, SENTINEL_PORT, *words, password=self._layout.password)

    async def _hand_over(self, container: Container) -> None:
        """preStop of `redis`: a master with an heir fails over before it goes."""
        if await self._is_awaited(container):
            container.say("INFO  ==> This node is the master: failing over before the shutdown")
            await self._sentinel(container, "FAILOVER")
            await self._await_hand_over(container)

    async def _await_hand_over(self, container: Container) -> None:
        """preStop of `sentinel`: stay as long as the hand-over needs it."""
        async with asyncio.timeout(_HAND_OVER_SECONDS):
            while True:
                if not await self._is_awaited(container):
                    return
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    async def _is_awaited(self, container: Container) -> bool:
        """Whether the other sentinels still hold this pod for the master, and a replica could take over."""
        if await self._ask_sentinels(container, but=container.pod_ip) != container.pod_ip:
            return False
        replicas = await self._sentinel(container, "REPLICAS") or []
        return any(row[row.index("flags") + 1] == "slave" for row in replicas)

    async def _sentinel(self, container: Container, word: str) -> list[list[str]] | list[str] | None:
        words = ("SENTINEL", word, self._layout.master_set)
        reply = await ask_softly(container.pod_ip, SENTINEL_PORT, *words, password=self._layout.password)
        return reply if isinstance(reply, list) else None


def _monitored(config: Path) -> str | None:
    """The master address in a sentinel.conf, or None."""
    if not config.exists():
        return None
    for line in config.read_text().splitlines():
        words = line.split()
        if words[:2] == ["sentinel", "monitor"]:
            return words[3]
    return None
