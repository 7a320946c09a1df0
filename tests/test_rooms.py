"""The table of rooms is whole: import-linter judges the imports, this judges that nothing is left out of it."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
INNER = ("domain", "ports", "checks", "steps", "remediations", "readings", "usecases", "views")
VENDORS = {
    "alembic": "sqlalchemy",
    "confluent_kafka": "kafka",
    "dbos": "dbos",
    "google": "google",
    "kubernetes": "kubernetes",
    "opentelemetry": "opentelemetry",
    "prometheus_client": "prometheus",
    "redis": "redis",
    "slack_bolt": "slack",
    "slack_sdk": "slack",
    "sqlalchemy": "sqlalchemy",
}
"""Package -> vendor. HTTP clients, retries and encryption are plumbing and may stand beside one vendor."""


def _contracts() -> list[dict[str, Any]]:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts: list[dict[str, Any]] = document["tool"]["importlinter"]["contracts"]
    return [contract for contract in contracts if contract["type"] == "forbidden"]


def _rooms() -> set[str]:
    inside = {
        path.stem for path in (ROOT / "bot").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    return {f"bot.{name}" for name in inside - {"__init__"}} | {"handlers", "lab"}


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def test_every_room_has_a_row() -> None:
    """A new room is a decision about who may import it."""
    listed = {source for contract in _contracts() for source in contract["source_modules"]}

    assert listed == _rooms()


@pytest.mark.parametrize("room", ["bot.adapters", "bot.app", "lab"])
def test_the_outside_is_forbidden_to_the_inside(room: str) -> None:
    """No row of an inner room forgets it."""
    inner = {f"bot.{name}" for name in INNER}
    rows = [contract for contract in _contracts() if inner & set(contract["source_modules"])]

    assert len(rows) == len(inner)
    assert all(room in row["forbidden_modules"] for row in rows)


@pytest.mark.parametrize("path", sorted((ROOT / "bot" / "adapters").rglob("*.py")), ids=lambda path: path.stem)
def test_an_adapter_knows_one_vendor(path: Path) -> None:
    """One SDK a file."""
    vendors = {VENDORS[name.split(".")[0]] for name in _imports(path) if name.split(".")[0] in VENDORS}

    assert len(vendors) <= 1


def test_views_build_blocks_and_nothing_else() -> None:
    """Of the Slack SDK they know the models only."""
    foreign = {
        name
        for path in (ROOT / "bot" / "views").rglob("*.py")
        for name in _imports(path)
        if name.startswith("slack_") and not name.startswith("slack_sdk.models")
    }

    assert foreign == set()
