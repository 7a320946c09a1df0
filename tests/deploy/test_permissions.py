"""The chart, the rehearsal world and the bot mean the same permissions and the same settings."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.fernet import Fernet

from bot.adapters.kubernetes_permissions import PERMISSIONS, READING, Need
from bot.domain.fence import PHASE, RESTARTED_AT, RESTARTED_BY, RESTORE, RUN
from bot.settings import Settings, load_settings
from bot.settings.examples import secret_names
from lab.estate.kubernetes.admission import check_scaling_policy
from lab.estate.kubernetes.errors import ApiError
from lab.estate.kubernetes.patches import MERGE, apply_patch
from lab.estate.kubernetes.rbac import Rule, User, bot_rules, reading_rules
from lab.estate.kubernetes.resources import resource_of

DEPLOY = Path(__file__).parents[2] / "deploy"
CHART = DEPLOY / "helm" / "sfint"
Grant = tuple[str, str, str]


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


CASES = _yaml(DEPLOY / "check" / "testdata" / "admission.yaml")


def _granted_by_chart(*parts: str) -> set[Grant]:
    permissions = _yaml(CHART / "permissions.yaml")
    return {
        (verb, group, resource)
        for part in parts
        for rule in permissions[part]
        for verb in rule["verbs"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }


def _granted_by_lab(rules: list[Rule]) -> set[Grant]:
    return {
        (verb, group, resource)
        for rule in rules
        for verb in rule.verbs
        for group in rule.groups
        for resource in rule.resources
    }


def test_the_lab_grants_what_the_chart_grants() -> None:
    """A run that needs one verb more fails in the lab, before it fails at night in somebody's cluster."""
    lab = bot_rules(("integrations",), may_delete_pods=False)

    assert _granted_by_lab(lab) == _granted_by_chart("read", "change")


def test_every_switch_grants_the_same_in_both() -> None:
    """Deleting pods and port-forward are granted where they are switched on, and mean the same there."""
    lab = bot_rules(("integrations",), may_delete_pods=True, may_port_forward=True)

    assert _granted_by_lab(lab) == _granted_by_chart("read", "change", "deletePods", "portForward")


@pytest.mark.parametrize(
    ("part", "needs"),
    [
        ("read", {Need.ALWAYS}),
        ("change", {Need.ACT}),
        ("deletePods", {Need.STUCK_PODS}),
        ("portForward", {Need.PORT_FORWARD}),
    ],
)
def test_the_chart_grants_every_verb_that_the_bot_uses_and_no_other(part: str, needs: set[Need]) -> None:
    """`tests/test_permissions.py` holds the bot's list to its calls. ExternalSecrets are for later, and off."""
    used = {(each.verb, each.group, each.resource) for each in PERMISSIONS if each.need in needs}

    assert _granted_by_chart(part) == used
    assert _yaml(CHART / "values.yaml")["permissions"]["externalSecrets"] is False


def test_in_a_namespace_of_others_chart_lab_and_proof_mean_the_same_few_reads() -> None:
    """Deployments, pods and their logs, and no verb that changes anything."""
    proved = {(each.verb, each.group, each.resource) for each in READING}

    assert _granted_by_lab(reading_rules(("integrations-core",))) == proved
    assert _granted_by_chart("readElsewhere") == proved
    assert {each.verb for each in READING} == {"get", "list"}


def test_no_permission_is_dangerous_by_itself() -> None:
    """No wildcard, no secret, no exec, and nothing is created but the stream of a port-forward."""
    granted = _granted_by_chart(*_yaml(CHART / "permissions.yaml"))

    assert not [each for each in granted if "*" in "".join(each)]
    assert not {"secrets", "pods/exec", "pods/attach", "configmaps"} & {resource for _, _, resource in granted}
    assert {verb for verb, _, _ in granted} == {"get", "list", "patch", "delete", "create"}
    assert {resource for verb, _, resource in granted if verb == "create"} == {"pods/portforward"}
    assert {resource for verb, _, resource in granted if verb == "delete"} == {"pods"}


def _write(case: dict[str, Any]) -> None:
    old = CASES["objects"][case["of"]]
    item = apply_patch(MERGE, old, case["patch"])
    check_scaling_policy(User("bot", is_limited_to_scaling=True), resource_of(old), item, old)


@pytest.mark.parametrize("case", CASES["allowed"], ids=lambda case: case["name"].replace(" ", "-"))
def test_the_lab_lets_through_what_the_policy_lets_through(case: dict[str, Any]) -> None:
    """The same cases go through the API server's own evaluator, in deploy/check."""
    _write(case)


@pytest.mark.parametrize("case", CASES["refused"], ids=lambda case: case["name"].replace(" ", "-"))
def test_the_lab_refuses_what_the_policy_refuses(case: dict[str, Any]) -> None:
    """With one of the policy's own messages."""
    messages = re.findall(
        r"message: (sfint .*)", (CHART / "templates" / "admission.yaml").read_text(encoding="utf-8")
    )

    with pytest.raises(ApiError) as refused:
        _write(case)

    assert refused.value.message.endswith(tuple(messages))


def test_the_policy_knows_every_annotation_of_the_bot() -> None:
    """A new annotation under another prefix would be refused in a real cluster."""
    assert all(name.startswith("sfint/") for name in (RUN, PHASE, RESTORE, RESTARTED_BY))
    assert RESTARTED_AT in (CHART / "templates" / "admission.yaml").read_text(encoding="utf-8")


def test_the_chart_knows_every_secret_by_its_name() -> None:
    """A secret setting with a name that the schema of the values misses could be written into a ConfigMap."""
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    (pattern,) = schema["definitions"]["section"]["patternProperties"]

    assert [name for name in secret_names(Settings) if not re.search(pattern, name)] == []


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    both = {
        key: _merged(below[key], above[key]) for key in below.keys() & above.keys() if isinstance(below[key], dict)
    }
    return {**below, **above, **both}


@pytest.mark.parametrize("name", ["in-cluster", "everything"])
def test_the_example_is_a_configuration_that_the_bot_accepts(tmp_path: Path, name: str) -> None:
    """What stands in the examples' values, with secrets from the environment and from files as in the pod."""
    config = _merged(_yaml(CHART / "values.yaml")["config"], _yaml(DEPLOY / "examples" / f"{name}.yaml")["config"])
    text = yaml.safe_dump(config).replace("/run/sfint", str(tmp_path))
    file = tmp_path / "sfint.yml"
    file.write_text(text, encoding="utf-8")
    for secret in re.findall(rf"{re.escape(str(tmp_path))}/([\w-]+/[\w-]+)", text):
        (tmp_path / secret).parent.mkdir(exist_ok=True)
        (tmp_path / secret).write_text("x: {}", encoding="utf-8")
    special = {
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_APP_TOKEN": "xapp-1",
        "SFINT_INBOX_KEYS": Fernet.generate_key().decode(),
    }

    settings = load_settings(file, {name: special.get(name, "x") for name in re.findall(r"env:(\w+)", text)})

    assert settings.targets.keys() == config["targets"].keys()
    assert settings.targets["acme-prod"].mode == "observe"
