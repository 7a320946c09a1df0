"""The installation guide names what is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
GUIDES = [ROOT / "docs" / "deploy.md", ROOT / "deploy" / "README.md"]


def _values() -> Any:
    return yaml.safe_load((ROOT / "deploy" / "helm" / "sfint" / "values.yaml").read_text(encoding="utf-8"))


def test_every_link_leads_somewhere() -> None:
    """To a file of the repository, or to a heading of the same page."""
    lost = []
    for guide in GUIDES:
        text = guide.read_text(encoding="utf-8")
        titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        headings = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
        for link in re.findall(r"\]\(([^)]+)\)", text):
            path, _, heading = link.partition("#")
            known = (guide.parent / path).exists() if path else heading in headings
            lost += [] if known else [f"{guide.name}: {link}"]

    assert lost == []


def test_every_permission_has_its_reason() -> None:
    """A resource of the roles without a line in the table is one that nobody explained."""
    permissions = yaml.safe_load((ROOT / "deploy/helm/sfint/permissions.yaml").read_text(encoding="utf-8"))
    table = [line for line in GUIDES[0].read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    wanted = {
        (verb, resource)
        for rules in permissions.values()
        for rule in rules
        for verb in rule["verbs"]
        for resource in rule["resources"]
    }

    told = {
        (verb, resource)
        for line in table
        for verb, resource in wanted
        if verb in line.split("|")[1] and re.search(rf"\b{resource}(?![a-z/])", line.split("|")[2].lower())
    }
    assert wanted - told == set()


def test_every_value_that_is_named_exists() -> None:
    """`networkPolicy.smtpTo` in the guide is a value of the chart, or a setting of the bot."""
    sections = _values()
    names = set(re.findall(r"`([a-z][A-Za-z]+)\.([a-z][A-Za-z]+)[:`]", GUIDES[0].read_text(encoding="utf-8")))

    of_the_chart = {(section, name) for section, name in names if section in sections and section != "config"}
    assert len(of_the_chart) > 5
    assert [pair for pair in of_the_chart if pair[1] not in sections[pair[0]]] == []
