"""Reads the raw replies of Redis and Sentinel (flat lists and INFO text, alike from 6.2 to 8 and in Valkey)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain.redis_topology import PeerReplica, RedisView, SentinelView
from bot.domain.workload import Pod

NO_CONFIG = "CONFIG GET is not allowed here: persistence is unknown, so it is taken as off"


def pairs(reply: Any) -> dict[str, str]:
    """A flat list of keys and values, or the map that RESP3 makes of it."""
    if isinstance(reply, Mapping):
        return {str(key): str(value) for key, value in reply.items()}
    flat = [str(item) for item in reply]
    return dict(zip(flat[::2], flat[1::2], strict=True))


def rows(reply: Any) -> list[dict[str, str]]:
    """A list of such lists."""
    return [pairs(row) for row in reply]


def info(text: str) -> dict[str, str]:
    """The fields of INFO, values as they stand."""
    lines = (line.partition(":") for line in text.splitlines() if line and not line.startswith("#"))
    return {key: value.strip() for key, _, value in lines}


def sentinel_view(
    pod: Pod,
    master: Mapping[str, str],
    replicas: list[dict[str, str]],
    others: list[dict[str, str]],
    quorum: tuple[bool, str],
    addresses: Mapping[str, str],
) -> SentinelView:
    """What one sentinel said; `addresses` maps announced names to what they resolve to."""
    return SentinelView(
        pod=pod.name,
        ip=pod.ip,
        master_ip=addresses.get(master.get("ip", ""), master.get("ip", "")),
        master_port=_number(master.get("port"), 0),
        flags=frozenset(master.get("flags", "").split(",")) - {""},
        replicas_known=_number(master.get("num-slaves"), 0),
        sentinels_known=len(others),
        quorum=_number(master.get("quorum"), 0),
        has_quorum=quorum[0],
        quorum_answer=quorum[1],
        replicas=tuple(_replica(row, addresses) for row in replicas),
    )


def node_view(
    pod: Pod, role: str, facts: Mapping[str, str], config: Mapping[str, str] | None, master_address: str
) -> RedisView:
    """What one Redis said; `config` is None where CONFIG GET is not allowed."""
    said = role or facts.get("role", "")
    return RedisView(
        pod=pod.name,
        ip=pod.ip,
        role=said,
        master_host=master_address,
        master_link_up=facts.get("master_link_status") == "up",
        connected_replicas=_number(facts.get("connected_slaves"), 0),
        replication_id=facts.get("master_replid", ""),
        former_replication_id=_former_id(facts),
        former_offset=_number(facts.get("second_repl_offset"), -1),
        offset=_offset(said, facts),
        keys=_keys(facts),
        save_rules=(config or {}).get("save", ""),
        appendonly=(config or {}).get("appendonly", "no") == "yes" or facts.get("aof_enabled") == "1",
        last_save_at=_number(facts.get("rdb_last_save_time"), 0),
        last_save_ok=facts.get("rdb_last_bgsave_status", "ok") == "ok",
        loading=facts.get("loading", "0") != "0",
        note=NO_CONFIG if config is None else "",
    )


def _replica(row: Mapping[str, str], addresses: Mapping[str, str]) -> PeerReplica:
    return PeerReplica(
        ip=addresses.get(row.get("ip", ""), row.get("ip", "")),
        port=_number(row.get("port"), 0),
        flags=frozenset(row.get("flags", "").split(",")) - {""},
        link_status=row.get("master-link-status", ""),
    )


def _offset(role: str, facts: Mapping[str, str]) -> int:
    """How far the data reaches: a replica that lost its link reports 1 in one field and the truth in the other."""
    fields = ("master_repl_offset", "slave_repl_offset") if role == "slave" else ("master_repl_offset",)
    return max(_number(facts.get(field), -1) for field in fields)


def _former_id(facts: Mapping[str, str]) -> str:
    """Forty zeros stand for none."""
    told = facts.get("master_replid2", "")
    return told if told.strip("0") else ""


def _keys(facts: Mapping[str, str]) -> int:
    """All databases together; `db0:keys=3,expires=0,avg_ttl=0`. An empty Redis lists none."""
    if not facts:
        return -1
    databases = [value for key, value in facts.items() if key.startswith("db") and value.startswith("keys=")]
    return sum(_number(value.split(",")[0].removeprefix("keys="), 0) for value in databases)


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.lstrip("-").isdigit() else default
