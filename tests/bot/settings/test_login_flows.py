"""Each log-in flow has keys of its own; a mistake is told with the key's path."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.domain.salesforce import LoginFlow
from bot.settings import SettingsProblems, load_settings
from tests.bot.settings.test_load_settings import MINIMAL

PEM = "-----BEGIN PRIVATE KEY-----\ncGxhbnRlZA==\n-----END PRIVATE KEY-----\n"
HOST = "https://acme.my.salesforce.com"
ORGS: dict[LoginFlow, dict[str, Any]] = {
    LoginFlow.PASSWORD: {"client_id": "i", "client_secret": "s", "username": "u", "password": "p"},
    LoginFlow.JWT_BEARER: {"client_id": "i", "username": "u", "private_key": PEM},
    LoginFlow.CLIENT_CREDENTIALS: {"client_id": "i", "client_secret": "s", "login_url": HOST},
}
Mistakes = Callable[[dict[str, Any]], list[str]]


@pytest.fixture
def mistakes(tmp_path: Path) -> Mistakes:
    """What is said about a target with this `salesforce` section."""

    def said(org: dict[str, Any]) -> list[str]:
        tree = copy.deepcopy(MINIMAL)
        tree["targets"]["acme-prod"]["salesforce"] = org
        (tmp_path / "sfint.yml").write_text(yaml.safe_dump(tree), encoding="utf-8")
        try:
            load_settings(tmp_path / "sfint.yml", {})
        except SettingsProblems as problems:
            return [str(problem).removeprefix("targets.acme-prod.salesforce.") for problem in problems.problems]
        return []

    return said


@pytest.mark.parametrize("flow", LoginFlow)
def test_a_flow_with_its_own_keys_is_taken(mistakes: Mistakes, flow: LoginFlow) -> None:
    """And no other key is asked for."""
    assert mistakes({"flow": flow.value, **ORGS[flow]}) == []


@pytest.mark.parametrize(
    ("flow", "key"),
    [(flow, key) for flow, org in ORGS.items() for key in org if key != "client_id"],
)
def test_a_missing_key_is_named(mistakes: Mistakes, flow: LoginFlow, key: str) -> None:
    """With an example."""
    org = {name: value for name, value in ORGS[flow].items() if name != key}

    said = mistakes({"flow": flow.value, **org})

    assert len(said) == 1
    assert said[0].startswith(f"{key}: is required, e.g. ")


@pytest.mark.parametrize(
    ("flow", "extra", "words"),
    [
        ("jwt-bearer", {"password": "planted"}, "password: does not belong to `flow: jwt-bearer`"),
        ("password", {"private_key": PEM}, "private_key: does not belong to `flow: password`"),
        ("client-credentials", {"security_token": "planted"}, "security_token: does not belong to"),
        ("client-credentials", {"login_url": "https://login.salesforce.com"}, "login_url: must be the org's own"),
        ("client-credentials", {"login_url": "https://TEST.salesforce.com/"}, "login_url: must be the org's own"),
        ("jwt-bearer", {"private_key": "planted"}, "private_key: must be a private key in PEM"),
        ("jwt-bearer", {"private_key": PEM.replace("PRIVATE", "ENCRYPTED PRIVATE")}, "private_key: must be a"),
        ("saml", {}, "flow: must be one of"),
    ],
)
def test_a_key_that_does_not_fit_is_named(
    mistakes: Mistakes, flow: str, extra: dict[str, str], words: str
) -> None:
    """Its value is never repeated."""
    base = ORGS[LoginFlow(flow)] if flow in list(LoginFlow) else ORGS[LoginFlow.PASSWORD]

    said = mistakes({"flow": flow, **base, **extra})

    assert len(said) == 1
    assert said[0].startswith(words)
    assert "planted" not in said[0]
