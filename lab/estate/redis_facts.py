"""What is true of the Redis pods right now, asked from each of them: for scenarios and tests to judge by."""

from __future__ import annotations

from dataclasses import dataclass

from lab.estate.redis_link import REDIS_PORT, SENTINEL_PORT, as_info, as_mapping, ask_softly

NO_ANSWER = ""


@dataclass(frozen=True)
class RedisFacts:
    """One Redis; `role` is empty when it did not answer."""

    pod: str
    ip: str
    is_ready: bool
    role: str
    master_host: str
    link_is_up: bool
    connected_replicas: int
    keys: int


@dataclass(frozen=True)
class SentinelFacts:
    """One Sentinel; `master_ip` is empty when it did not answer or monitors nothing."""

    pod: str
    ip: str
    master_ip: str
    flags: str
    num_slaves: int
    num_other_sentinels: int
    has_quorum: bool


@dataclass(frozen=True)
class Facts:
    """All of them at one moment."""

    redis: tuple[RedisFacts, ...]
    sentinels: tuple[SentinelFacts, ...]

    @property
    def masters(self) -> tuple[RedisFacts, ...]:
        """Every Redis that says it is a master."""
        return tuple(each for each in self.redis if each.role == "master")

    @property
    def believed_masters(self) -> frozenset[str]:
        """The master addresses that the sentinels hold."""
        return frozenset(each.master_ip for each in self.sentinels)

    def agree(self, replicas: int) -> bool:
        """Whether all sentinels agree on the one live master and all replicas follow it.

        A sentinel may list replicas that are gone for good besides (`s_down`); that breaks nothing.
        """
        if len(self.redis) != replicas or len(self.masters) != 1:
            return False
        master = self.masters[0]
        others = [each for each in self.redis if each is not master]
        return (
            all(each.is_ready for each in self.redis)
            and all(each.link_is_up and each.master_host == master.ip for each in others)
            and all(self._is_right(each, master.ip, replicas) for each in self.sentinels)
        )

    @staticmethod
    def _is_right(sentinel: SentinelFacts, master_ip: str, replicas: int) -> bool:
        return (
            sentinel.master_ip == master_ip
            and sentinel.flags == "master"
            and sentinel.num_slaves >= replicas - 1
            and sentinel.num_other_sentinels == replicas - 1
            and sentinel.has_quorum
        )


async def read_redis(pod: str, ip: str, is_ready: bool, password: str) -> RedisFacts:
    """Ask one Redis."""
    info = as_info(await ask_softly(ip, REDIS_PORT, "INFO", "replication", password=password))
    keys = await ask_softly(ip, REDIS_PORT, "DBSIZE", password=password)
    return RedisFacts(
        pod=pod,
        ip=ip,
        is_ready=is_ready,
        role=info.get("role", NO_ANSWER),
        master_host=info.get("master_host", NO_ANSWER),
        link_is_up=info.get("master_link_status") == "up",
        connected_replicas=int(info.get("connected_slaves", 0)),
        keys=int(keys or 0),
    )


async def read_sentinel(pod: str, ip: str, master_set: str, password: str) -> SentinelFacts:
    """Ask one Sentinel."""
    reply = await ask_softly(ip, SENTINEL_PORT, "SENTINEL", "MASTER", master_set, password=password)
    master = as_mapping(reply)
    quorum = await ask_softly(ip, SENTINEL_PORT, "SENTINEL", "CKQUORUM", master_set, password=password)
    return SentinelFacts(
        pod=pod,
        ip=ip,
        master_ip=master.get("ip", NO_ANSWER),
        flags=master.get("flags", NO_ANSWER),
        num_slaves=int(master.get("num-slaves", 0)),
        num_other_sentinels=int(master.get("num-other-sentinels", 0)),
        has_quorum=str(quorum).startswith("OK"),
    )
