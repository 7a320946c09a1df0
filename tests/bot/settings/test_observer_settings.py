"""The sections of those who look on, Datadog and Argo CD, and the links that they fill."""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.adapters.clock import SystemClock
from bot.domain.datadog import Datadog
from bot.domain.runbook import Entry, Severity
from bot.estates import open_estates
from bot.ports.logins import Attempt
from bot.settings import Settings, SettingsProblems, load_settings, render_problems
from tests.bot.settings.test_load_settings import MINIMAL

DATADOG = {"api_key": "planted-api", "application_key": "planted-app"}
ARGOCD = {"url": "https://argocd.example.com", "token": "planted-token", "application": "acme"}
Load = Callable[..., Settings]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Loads the minimal configuration with these sections in its target."""

    def loaded(**sections: object) -> Settings:
        tree: dict[str, Any] = copy.deepcopy(MINIMAL)
        tree["targets"]["acme-prod"].update(sections)
        file = tmp_path / "sfint.yml"
        file.write_text(yaml.safe_dump(tree), encoding="utf-8")
        return load_settings(file, {})

    return loaded


class NoLogins:
    """A book in which nobody writes."""

    async def record(self, target: str, at: datetime, ok: bool, fingerprint: str) -> None:
        """Forgotten."""

    async def since(self, target: str, at: datetime) -> tuple[Attempt, ...]:
        """Nothing."""
        return ()


def page(name: str) -> Entry:
    """One that asks for that link."""
    labels = {name: "Look"}
    return Entry("x", "X", (), Severity.INFO, date(2026, 1, 1), (), (), (), {}, "", "", link_labels=labels)


def test_without_the_sections_nobody_is_asked(load: Load) -> None:
    """A target says what it has."""
    target = load().target("acme-prod")

    assert (target.datadog, target.argocd) == (None, None)


def test_the_defaults_are_those_of_the_runbook(load: Load) -> None:
    """Keys are enough, and the redactor learns them."""
    settings = load(datadog=DATADOG, argocd=ARGOCD)
    way = settings.targets["acme-prod"].datadog

    assert way is not None
    assert way.address == "https://api.datadoghq.com"
    assert settings.target("acme-prod").datadog == Datadog()
    assert {"planted-api", "planted-app", "planted-token"} <= set(settings.secrets())


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({"site": "datadoghq.eu"}, "https://api.datadoghq.eu"),
        ({"site": "us3.datadoghq.com"}, "https://api.us3.datadoghq.com"),
        ({"url": "https://proxy.example.com/dd"}, "https://proxy.example.com/dd"),
    ],
)
def test_a_site_is_an_address(load: Load, given: dict[str, str], address: str) -> None:
    """Unless a proxy of one's own stands before it."""
    way = load(datadog={**DATADOG, **given}).targets["acme-prod"].datadog

    assert way is not None
    assert way.address == address
    assert way.account == (address, "planted-api", "planted-app")


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"datadog": {"api_key": "planted-api"}}, "datadog.application_key: is required"),
        ({"datadog": {**DATADOG, "site": "https://datadoghq.eu"}}, "datadog.site: must be a site of Datadog"),
        ({"datadog": {**DATADOG, "reserve": 300}}, "datadog.reserve: leaves nothing"),
        ({"datadog": {**DATADOG, "requests_per_hour": 50}}, "datadog.reserve: leaves nothing"),
        ({"datadog": {**DATADOG, "session_facet": "user id"}}, "datadog.session_facet: must be a span attribute"),
        ({"datadog": {**DATADOG, "error_share": 0}}, "datadog.error_share"),
        ({"argocd": {**ARGOCD, "token": ""}}, "argocd.token: must not be empty"),
        ({"argocd": {"url": "https://argocd.example.com", "token": "t1"}}, "argocd.application: is required"),
        ({"argocd": {**ARGOCD, "url": "argocd.example.com"}}, "argocd.url: must be an address"),
        ({"links": {"argocd": "https://argocd.example.com/{token}"}}, "may hold only the placeholders"),
    ],
)
def test_mistakes_are_told_without_a_secret(load: Load, sections: dict[str, Any], words: str) -> None:
    """With the path of the setting."""
    with pytest.raises(SettingsProblems) as caught:
        load(**sections)

    told = render_problems(caught.value)
    assert words in told
    assert "planted" not in told


@pytest.mark.parametrize(
    ("name", "template", "sections", "links"),
    [
        ("argocd", "https://a.example.com/{application}", {"argocd": ARGOCD}, ["https://a.example.com/acme"]),
        ("argocd", "https://a.example.com/{application}", {}, []),
        (
            "datadog-polls",
            "https://d.example.com/?q={service}",
            {},
            ["https://d.example.com/?q=salesforce-integration"],
        ),
        ("datadog-polls", "https://d.example.com/?q={service}&e={env}", {"datadog": DATADOG}, []),
        (
            "datadog-polls",
            "https://d.example.com/?q={service}&e={env}",
            {"datadog": {**DATADOG, "env": "prod", "service": "mw"}},
            ["https://d.example.com/?q=mw&e=prod"],
        ),
        ("rancher-redis", "https://r.example.com/{namespace}", {}, ["https://r.example.com/integrations"]),
        ("confluent-topics", "https://c.example.com/{cluster}/topics", {}, []),
    ],
)
def test_a_link_whose_placeholder_nothing_fills_is_left_out(
    load: Load, name: str, template: str, sections: dict[str, Any], links: list[str]
) -> None:
    """Half an address leads nowhere; no template, no link."""
    target = load(**sections, links={name: template}).target("acme-prod")

    assert list(page(name).linked(target.links, target.link_names).links.values()) == links
    assert not page("rancher-middleware").linked(target.links, target.link_names).links


async def test_an_authority_that_is_none_is_told_before_anybody_is_asked(load: Load, tmp_path: Path) -> None:
    """With its setting, instead of a traceback."""
    file = tmp_path / "ca.pem"
    file.write_text("no certificate", encoding="utf-8")
    way = {"url": "https://kubernetes.example.com", "token": "planted"}
    settings = load(kubernetes=way, argocd={**ARGOCD, "ca_file": str(file)})

    async with AsyncExitStack() as stack:
        with pytest.raises(SettingsProblems) as caught:
            await open_estates(settings, NoLogins(), SystemClock(), stack)

    assert "targets.acme-prod.argocd.ca_file: holds no certificate" in render_problems(caught.value)
