"""What may be configured about Integrations Core and contacts, and what is told of mistakes in it."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.domain.contact import ContactRules
from bot.domain.integrations import Integrations
from bot.domain.webhook import VersionSource
from bot.settings import Settings, SettingsProblems, load_settings
from tests.bot.settings.test_load_settings import MINIMAL

READ_URL = "https://integrations.example.com/api/outgoing_webhook/bots/acme-bot"


def load(tmp_path: Path, **sections: Any) -> Settings:
    """The minimal configuration with these sections in its target."""
    tree = copy.deepcopy(MINIMAL)
    tree["targets"]["acme-prod"] |= sections
    tree["teams"] = {"platform": {"contacts": ["U0DAVE", "U0ERIN"]}}
    file = tmp_path / "sfint.yml"
    file.write_text(yaml.safe_dump(tree), encoding="utf-8")
    return load_settings(file, {})


def test_the_defaults_are_the_runbooks(tmp_path: Path) -> None:
    """Four services by name, and nothing is asked of them unless the section is there."""
    without = load(tmp_path).target("acme-prod")
    default = load(tmp_path, integrations=None).target("acme-prod")
    named = load(tmp_path, integrations={"minimum_errors": 5}).target("acme-prod")

    assert without.integrations is None
    assert without.contact == ContactRules()
    assert default.integrations is None
    assert named.integrations == Integrations(contacts=("U0DAVE", "U0ERIN"))
    assert [service.workload for service in named.integrations.services] == [
        "dispatcher",
        "freeway",
        "api",
        "channel",
    ]


def test_a_service_may_have_a_deployment_and_a_container_of_another_name(tmp_path: Path) -> None:
    """The log's container is the Deployment's name when left out."""
    services = [
        {"name": "API", "deployment": "core-api"},
        {"name": "Channel", "container": "app", "messages": "sent"},
    ]
    target = load(tmp_path, integrations={"services": services}).target("acme-prod")

    assert target.integrations is not None
    found = [(each.workload, each.log_container, each.messages) for each in target.integrations.services]
    assert found == [("core-api", "core-api", ""), ("channel", "app", "sent")]


def test_the_token_is_a_secret_and_stays_outside_the_domain(tmp_path: Path) -> None:
    """The redactor learns it; the target does not hold it."""
    webhook = {"version": 3, "source": "url", "read_url": READ_URL, "token": "planted-webhook-token"}
    settings = load(tmp_path, integrations={"webhook": webhook})

    target = settings.target("acme-prod")

    assert "planted-webhook-token" in settings.secrets()
    assert "planted-webhook-token" not in repr(target)
    assert target.integrations is not None
    assert target.integrations.webhook is not None
    assert target.integrations.webhook.source is VersionSource.URL


@pytest.mark.parametrize(
    ("sections", "path", "words"),
    [
        ({"integrations": {"webhook": {"version": 3, "source": "url"}}}, "webhook.read_url", "source: url"),
        ({"integrations": {"webhook": {"version": 3, "source": "image"}}}, "webhook.deployment", "source: image"),
        (
            {"integrations": {"webhook": {"version": 3, "source": "label", "deployment": "api"}}},
            "webhook.label",
            "",
        ),
        ({"integrations": {"webhook": {"version": 3, "source": "moon"}}}, "webhook.source", ""),
        ({"integrations": {"webhook": {"version": 3, "json_path": ".x"}}}, "webhook.json_path", "must be a path"),
        ({"integrations": {"webhook": {}}}, "webhook.version", "required"),
        ({"integrations": {"services": [{"name": "A"}, {"name": "A"}]}}, "integrations.services", "names A twice"),
        (
            {"integrations": {"services": [{"name": "A", "messages": "("}]}},
            "services.0.messages",
            "regular expression",
        ),
        ({"contact": {"blocked_field": "X__c FROM User"}}, "contact.blocked_field", "not the name"),
        ({"contact": {"phone_prefixes": ["+52"]}}, "contact.phone_prefixes", "must be digits"),
        ({"contact": {"most_rows": 21}}, "contact.most_rows", ""),
        ({"contact": {"most_lookups": 0}}, "contact.most_lookups", "must be at least 1"),
        ({"contact": {"lookup_window_seconds": 90_000}}, "contact.lookup_window_seconds", ""),
    ],
)
def test_a_mistake_is_told_with_its_path(tmp_path: Path, sections: dict[str, Any], path: str, words: str) -> None:
    """At the start, with what is wrong."""
    with pytest.raises(SettingsProblems) as raised:
        load(tmp_path, **sections)

    problems = [
        problem for problem in raised.value.problems if path in problem.path.replace("[", ".").replace("]", "")
    ]
    assert problems, raised.value
    assert any(words in problem.what for problem in problems), problems
