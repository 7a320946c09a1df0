"""Mistakes in a target's Kafka section that take two settings to see."""

from __future__ import annotations

from typing import Any

from bot.settings.problems import Problem

_NEEDS_LOGIN = ("SASL_SSL", "SASL_PLAINTEXT")
_EXAMPLES = {"api_key": "env:ACME_KAFKA_KEY", "api_secret": "env:ACME_KAFKA_SECRET"}


def kafka_disagreements(path: str, kafka: dict[str, Any]) -> list[Problem]:
    """`kafka` is the raw section at `path`; empty where the target has none."""
    return [*_login(path, kafka), *_limits(path, kafka)] if kafka else []


def _login(path: str, kafka: dict[str, Any]) -> list[Problem]:
    """A protocol without SASL sends no key, and one that was given would then be a misunderstanding."""
    protocol = kafka.get("security_protocol", "SASL_SSL")
    if protocol in _NEEDS_LOGIN:
        return [
            Problem(f"{path}.{key}", f"is required with `security_protocol: {protocol}`", example)
            for key, example in _EXAMPLES.items()
            if kafka.get(key, "") == ""
        ]
    return [
        Problem(f"{path}.{key}", f"does not belong to `security_protocol: {protocol}`")
        for key in _EXAMPLES
        if kafka.get(key)
    ]


def _limits(path: str, kafka: dict[str, Any]) -> list[Problem]:
    problems = []
    lag, traffic = kafka.get("lag"), kafka.get("traffic")
    if isinstance(lag, dict) and _exceeds(lag.get("degraded", 1_000), lag.get("failing", 10_000)):
        problems.append(Problem(f"{path}.lag.degraded", "must not exceed `failing`"))
    if isinstance(traffic, dict) and _exceeds(traffic.get("minimum_windows", 3), traffic.get("steps", 6)):
        problems.append(Problem(f"{path}.traffic.minimum_windows", "must not exceed `steps`"))
    return problems


def _exceeds(smaller: object, greater: object) -> bool:
    """False where one of them is no number: that is told already."""
    return isinstance(smaller, int) and isinstance(greater, int) and smaller > greater
