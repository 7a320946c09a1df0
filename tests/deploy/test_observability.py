"""Documentation, dashboard and alerts name figures that the bot has, with labels that they have."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.metrics_core import Metric

from bot.adapters.prometheus import PrometheusMeter
from bot.domain.finding import Finding, Outcome
from bot.domain.page import PageState
from bot.domain.run import RunState, StepState
from bot.domain.runbook import Team
from bot.ports.telemetry import Answered, Meter, Ruling

ROOT = Path(__file__).parents[2]
DASHBOARD = ROOT / "deploy/grafana/sfint.json"
ALERTS = ROOT / "deploy/prometheus/sfint.rules.yaml"
PAGE = (ROOT / "docs/observability.md").read_text(encoding="utf-8")
_NAME = re.compile(r"\b(?:sfint|process)_[a-z0-9_]+")
_ROW = re.compile(r"^\| `(sfint_\w+)` \| (\w+) \|([^|]*)\| [^|]+ \|$", re.MULTILINE)
_SELECTOR = re.compile(r"\b((?:sfint|process)_[a-z0-9_]+)\{([^}]*)\}")
_GROUPING = re.compile(r"\bby \(([^)]*)\)")
_SCRAPED = {"instance", "job", "le"}
"""Labels that Prometheus adds, and that of buckets."""


@pytest.fixture(scope="module")
def families() -> list[Metric]:
    """Every figure, after each thing has happened once."""
    meter = PrometheusMeter("1.2.3", ["restart-sentinel"])
    happened = {
        "request_ended": ("command", "status", Answered.ANSWERED, 1.0),
        "check_ended": ("acme-prod", Finding("redis-pods", "redis", Outcome.OK, "redis.ok", "fine")),
        "step_ended": ("statefulset.scale", StepState.DONE, 1.0),
        "run_moved": ("restart-sentinel", RunState.RUNNING),
        "run_ended": ("restart-sentinel", RunState.SUCCEEDED, 1.0),
        "ruled": (Ruling.APPROVED,),
        "page_moved": (Team.OPS, PageState.ACCEPTED, 1.0),
        "audited": ("run.requested",),
        "duplicate_arrived": (),
        "slack_failed": ("429",),
    }
    assert happened.keys() == {name for name, _ in inspect.getmembers(Meter, inspect.isfunction) if name[0] != "_"}
    for name, arguments in happened.items():
        getattr(meter, name)(*arguments)
    return list(meter.registry.collect())


@pytest.fixture(scope="module")
def labels(families: list[Metric]) -> dict[str, set[str]]:
    """Sample name -> its labels."""
    return {sample.name: set(sample.labels) for family in families for sample in family.samples}


def queries() -> list[tuple[str, str]]:
    """Where a query stands, and the query."""
    board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    told = [(panel["title"], each["expr"]) for panel in board["panels"] for each in panel.get("targets", ())]
    return told + [(rule["alert"], rule["expr"]) for rule in rules()]


def rules() -> list[dict[str, Any]]:
    """Every alert."""
    return [
        rule for group in yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]
    ]


def test_the_page_lists_each_figure_with_its_type_and_labels(families: list[Metric]) -> None:
    """No more, no less, and in the words of the code."""
    documented = {
        name: (kind, frozenset(label.strip() for label in names.split(",") if label.strip()))
        for name, kind, names in _ROW.findall(PAGE)
    }
    exported = {
        family.name + ("_total" if family.type == "counter" else ""): (
            family.type,
            frozenset(name for sample in family.samples for name in sample.labels if name != "le"),
        )
        for family in families
        if family.name.startswith("sfint_")
    }

    assert documented == exported


@pytest.mark.parametrize(("where", "query"), queries(), ids=lambda text: text[:40])
def test_a_query_names_figures_and_labels_that_exist(labels: dict[str, set[str]], where: str, query: str) -> None:
    """A panel or alert on a figure that nobody exports is silent for ever."""
    names = set(_NAME.findall(query))
    assert names, where
    assert names <= labels.keys()
    for name, selector in _SELECTOR.findall(query):
        assert set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector)) <= labels[name] | _SCRAPED
    known = set().union(*(labels[name] for name in names)) | _SCRAPED
    assert {label.strip() for group in _GROUPING.findall(query) for label in group.split(",")} <= known
    assert query.count("(") == query.count(")")


def test_every_figure_is_on_the_dashboard(labels: dict[str, set[str]]) -> None:
    """What is not looked at is not needed."""
    shown = {re.sub(r"_(bucket|count|sum)$", "", name) for _, query in queries() for name in _NAME.findall(query)}
    figures = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name in labels if name.startswith("sfint_")}

    assert {name for name in figures if f"{name}_total" not in figures} - shown == set()


def test_the_dashboard_can_be_imported() -> None:
    """Ids are unique, panels do not overlap, and the data source is chosen by the reader."""
    board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    ids = [panel["id"] for panel in board["panels"]]
    cells = [
        (x, y)
        for panel in board["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]

    assert len(set(ids)) == len(ids)
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24
    assert {panel["datasource"]["uid"] for panel in board["panels"] if "datasource" in panel} == {"${datasource}"}
    assert {each["name"] for each in board["templating"]["list"]} == {"datasource", "instance"}


def test_every_alert_says_what_it_means_and_is_explained() -> None:
    """The page lists each alert with what to do, and no other."""
    alerts = {rule["alert"] for rule in rules()}
    explained = set(re.findall(r"^\| `(Sfint\w+)` \| [^|]+ \| [^|]+ \|$", PAGE, re.MULTILINE))

    assert explained == alerts
    assert all(rule["annotations"].keys() == {"summary", "description"} for rule in rules())
    assert {rule["labels"]["severity"] for rule in rules()} == {"critical", "warning"}


def test_an_alert_on_a_counter_stands_on_one_that_begins_at_zero() -> None:
    """The first failure after a start must be seen as an increase."""
    fresh = PrometheusMeter("1.2.3", ["restart-sentinel"])
    there = {
        (sample.name, value)
        for family in fresh.registry.collect()
        for sample in family.samples
        for value in sample.labels.values()
    }
    wanted = {
        (name, value)
        for rule in rules()
        if rule["alert"] != "SfintSlackErrors"  # more than ten of them: the first need not be seen
        for name, selector in _SELECTOR.findall(rule["expr"])
        if name.endswith("_total")
        for values in re.findall(r'=~?"([^"]*)"', selector)
        for value in values.split("|")
    }

    assert wanted
    assert wanted <= there
