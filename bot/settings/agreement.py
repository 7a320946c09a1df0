"""Mistakes that take two settings to see; judged on the raw tree, so that they are told along with all others."""

from __future__ import annotations

from typing import Any

from bot.settings.problems import Problem
from bot.settings.sources import Tree

_WAYS = ("kubeconfig", "in_cluster", "url")


def disagreements(tree: Tree) -> list[Problem]:
    """What does not fit together; a section of the wrong shape is somebody else's finding."""
    targets = {name: target for name, target in _section(tree, "targets").items() if isinstance(target, dict)}
    problems = _shared_defaults(targets)
    for name, target in targets.items():
        problems += _default_outside(name, target)
        problems += _ways_into_kubernetes(name, target)
        problems += _half_a_certificate(name, target)
    return problems


def _section(tree: Tree, key: str) -> Tree:
    found = tree.get(key)
    return found if isinstance(found, dict) else {}


def _names(target: Tree, key: str) -> list[str]:
    value: Any = target.get(key)
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _default_outside(name: str, target: Tree) -> list[Problem]:
    outside = [channel for channel in _names(target, "default_in") if channel not in _names(target, "channels")]
    path = f"targets.{name}.default_in"
    return [Problem(path, f"names {channel}, which is not among its `channels`") for channel in outside]


def _shared_defaults(targets: dict[str, Tree]) -> list[Problem]:
    owner: dict[str, str] = {}
    problems = []
    for name, target in targets.items():
        for channel in _names(target, "default_in"):
            first = owner.setdefault(channel, name)
            if first != name:
                what = f"names {channel}, whose default is `{first}` already: a channel has one"
                problems.append(Problem(f"targets.{name}.default_in", what))
    return problems


def _ways_into_kubernetes(name: str, target: Tree) -> list[Problem]:
    kubernetes = target.get("kubernetes")
    if not isinstance(kubernetes, dict):
        return []
    path = f"targets.{name}.kubernetes"
    chosen = [way for way in _WAYS if kubernetes.get(way) not in (None, "", False, "false")]
    if len(chosen) != 1:
        return [Problem(path, "needs exactly one of `kubeconfig`, `in_cluster`, `url`", "{in_cluster: true}")]
    problems = []
    if kubernetes.get("context") and chosen != ["kubeconfig"]:
        problems.append(Problem(f"{path}.context", "belongs to `kubeconfig` only"))
    if kubernetes.get("token") and chosen != ["url"]:
        problems.append(Problem(f"{path}.token", "belongs to `url` only"))
    if chosen == ["url"] and "token" not in kubernetes:
        problems.append(Problem(f"{path}.token", "is required with `url`", "env:KUBERNETES_TOKEN"))
    return problems


def _half_a_certificate(name: str, target: Tree) -> list[Problem]:
    tls = _section(_section(target, "redis"), "tls")
    given = [key for key in ("cert_file", "key_file") if tls.get(key)]
    if len(given) != 1:
        return []
    missing = "key_file" if given == ["cert_file"] else "cert_file"
    return [
        Problem(f"targets.{name}.redis.tls.{missing}", f"is required with `{given[0]}`", f"/etc/sfint/{missing}")
    ]
