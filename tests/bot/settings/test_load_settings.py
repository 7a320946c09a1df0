"""The configuration is read once, and every mistake in it is told at once without showing a secret."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.domain.actor import Role
from bot.domain.target import Middleware, Mode, RedisEstate, Timings
from bot.settings import (
    Problem,
    Settings,
    SettingsProblems,
    config_check,
    config_path,
    load_settings,
    render_problems,
)
from bot.settings.target import MiddlewareSettings, RedisSettings, TimingSettings

KEY = base64.urlsafe_b64encode(b"k" * 32).decode()
EXAMPLE = Path(__file__).parents[3] / "sfint.example.yml"
MINIMAL: dict[str, Any] = {
    "slack": {"bot_token": "xoxb-planted", "app_token": "xapp-planted", "team_id": "T0ACME"},
    "store": {"inbox_keys": [KEY]},
    "targets": {
        "acme-prod": {
            "channels": ["C0INCIDENT"],
            "namespace": "integrations",
            "kubernetes": {"in_cluster": True},
            "salesforce": {
                "client_id": "planted-id",
                "client_secret": "planted-secret",
                "username": "integration@acme.example.com",
                "password": "planted-password",
            },
        }
    },
}
CONNECTION = {"reach", "username", "password", "sentinel_username", "sentinel_password", "tls", "deadline_seconds"}
Load = Callable[..., Settings]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Writes the minimal configuration with some settings changed, and loads it."""

    def loaded(changes: dict[str, Any] | None = None, **environ: str) -> Settings:
        tree = copy.deepcopy(MINIMAL)
        for path, value in (changes or {}).items():
            _change(tree, path.split("/"), value)
        file = tmp_path / "sfint.yml"
        file.write_text(yaml.safe_dump(tree), encoding="utf-8")
        return load_settings(file, environ)

    return loaded


def _change(tree: dict[str, Any], parts: list[str], value: object) -> None:
    for part in parts[:-1]:
        tree = tree.setdefault(part, {})
    if value is ...:
        del tree[parts[-1]]
    else:
        tree[parts[-1]] = value


def _mistakes(load: Load, changes: dict[str, Any] | None = None, **environ: str) -> list[Problem]:
    with pytest.raises(SettingsProblems) as caught:
        load(changes, **environ)
    return caught.value.problems


def test_the_least_configuration_denies_and_observes(load: Load) -> None:
    """A fresh installation lets nobody do anything, and changes nothing."""
    settings = load()

    assert settings.target("acme-prod").mode is Mode.OBSERVE
    assert not any(settings.roles().holds("U0ALICE", role) for role in Role)
    assert settings.default_target_for("C0INCIDENT") is None


def test_the_runbooks_values_are_the_defaults(load: Load) -> None:
    """Names, counts and times of the domain."""
    target = load().target("acme-prod")

    assert (target.redis, target.middleware, target.timings) == (RedisEstate(), Middleware(), Timings())


@pytest.mark.parametrize(
    ("section", "kind", "ours"),
    [
        (RedisSettings, RedisEstate, CONNECTION),
        (MiddlewareSettings, Middleware, set()),
        (TimingSettings, Timings, set()),
    ],
)
def test_everything_in_the_domain_can_be_configured(section: Any, kind: Any, ours: set[str]) -> None:
    """A new timing cannot be forgotten here."""
    assert set(section.model_fields) - ours == {field.name for field in fields(kind)}


def test_the_example_file_is_valid() -> None:
    """What people copy works once its secrets are there."""
    names = "ACME_KUBERNETES_TOKEN ACME_REDIS_PASSWORD ACME_SF_CLIENT_ID ACME_SF_CLIENT_SECRET ACME_SF_PASSWORD"
    names += " ACME_SF_SECURITY_TOKEN PAGERDUTY_OPS_KEY SMTP_PASSWORD"
    names += " ACME_KAFKA_KEY ACME_KAFKA_SECRET ACME_CONFLUENT_CLOUD_KEY ACME_CONFLUENT_CLOUD_SECRET"
    names += " ACME_ARGOCD_TOKEN ACME_INTEGRATIONS_TOKEN DATADOG_API_KEY DATADOG_APPLICATION_KEY"
    environ = dict.fromkeys(names.split(), "planted")
    environ |= {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "SFINT_INBOX_KEYS": f"{KEY},{KEY}"}

    settings = load_settings(EXAMPLE, environ)

    assert settings.default_target_for("C0INCIDENT") == "acme-prod"
    assert len(settings.store.inbox_keys) == 2
    assert "configuration is valid" in config_check(settings)


@pytest.mark.parametrize(
    ("path", "value", "where", "words"),
    [
        ("targets/acme-prod/redis/replicas", 0, "targets.acme-prod.redis.replicas", "at least 1, e.g. 3"),
        ("targets/acme-prod/redis/replicas", "many", "targets.acme-prod.redis.replicas", "whole number"),
        ("targets/acme-prod/mode", "atc", "targets.acme-prod.mode", "'observe' or 'act', e.g. observe"),
        ("targets/acme-prod/mod", "act", "targets.acme-prod.mod", "did you mean `mode`?"),
        ("targets/acme-prod/channels", ["incident"], "targets.acme-prod.channels.0", "Slack channel id"),
        ("targets/acme-prod/channels", [], "targets.acme-prod.channels", "at least 1"),
        ("targets/acme-prod/namespace", ..., "targets.acme-prod.namespace", "is required, e.g. integrations"),
        ("targets/acme-prod/page_external", "perhaps", "targets.acme-prod.page_external", "true or false"),
        ("targets/acme-prod/redis", "here", "targets.acme-prod.redis", "a section"),
        ("targets/acme-prod/timings/check_seconds", "soon", "targets.acme-prod.timings.check_seconds", "a number"),
        ("targets/acme-prod/timings/check_seconds", 0, "targets.acme-prod.timings.check_seconds", "more than 0"),
        (
            "targets/acme-prod/links/racher-redis",
            "https://r.example.com",
            "targets.acme-prod.links.racher-redis",
            "rancher-redis",
        ),
        (
            "targets/acme-prod/links/argocd",
            "https://a.example.com/{pod}",
            "targets.acme-prod.links.argocd",
            "placeholders",
        ),
        ("targets/acme-prod/default_in", ["C0OTHER"], "targets.acme-prod.default_in", "not among its `channels`"),
        ("targets/acme-prod/kubernetes", {}, "targets.acme-prod.kubernetes", "exactly one of"),
        (
            "targets/acme-prod/kubernetes/url",
            "https://k.example.com",
            "targets.acme-prod.kubernetes",
            "exactly one of",
        ),
        (
            "targets/acme-prod/kubernetes",
            {"url": "https://k.example.com"},
            "targets.acme-prod.kubernetes.token",
            "required",
        ),
        (
            "targets/acme-prod/kubernetes",
            {"kubeconfig": "/no/such"},
            "targets.acme-prod.kubernetes.kubeconfig",
            "not there",
        ),
        (
            "targets/acme-prod/redis/tls",
            {"cert_file": __file__},
            "targets.acme-prod.redis.tls.key_file",
            "required",
        ),
        (
            "targets/acme-prod/salesforce/login_url",
            "login.example.com",
            "targets.acme-prod.salesforce.login_url",
            "https://",
        ),
        (
            "targets/acme-prod/salesforce/api_version",
            "v66",
            "targets.acme-prod.salesforce.api_version",
            "e.g. 66.0",
        ),
        (
            "targets/acme-prod/salesforce/password",
            "",
            "targets.acme-prod.salesforce.password",
            "must not be empty",
        ),
        ("targets/Acme Prod", {}, "targets.Acme Prod", "the name must be"),
        ("targets", {}, "targets", "at least 1"),
        ("teams/opps", {}, "teams.opps", "did you mean `ops`?"),
        ("roles/approver", ["bob"], "roles.approver", "Slack user id"),
        ("slack/bot_token", "xapp-planted", "slack.bot_token", "must start with xoxb-"),
        ("slack/team_id", 7, "slack.team_id", "workspace id"),
        ("store/inbox_keys", ["short"], "store.inbox_keys.0", "Fernet key"),
        ("store/inbox_keys", [], "store.inbox_keys", "at least 1"),
        ("health/port", 70000, "health.port", "at most 65535"),
        ("slak", {}, "slak", "did you mean `slack`?"),
    ],
)
def test_each_mistake_is_told_with_its_path(load: Load, path: str, value: object, where: str, words: str) -> None:
    """Path, what is wrong, and an example where one helps."""
    problems = _mistakes(load, {path: value})

    told = [str(problem) for problem in problems if problem.path.startswith(where)]
    assert any(words in line for line in told), problems


def test_all_mistakes_are_told_at_once(load: Load) -> None:
    """Wrong types, unknown keys, unset references and disagreements together."""
    problems = _mistakes(
        load,
        {
            "slack/bot_token": "env:NOT_SET",
            "slak": {},
            "targets/acme-prod/redis/replicas": 0,
            "targets/acme-prod/default_in": ["C0OTHER"],
            "targets/acme-prod/kubernetes/url": "https://k.example.com",
        },
    )

    assert [problem.path for problem in problems] == [
        "slack.bot_token",
        "slak",
        "targets.acme-prod.default_in",
        "targets.acme-prod.kubernetes",
        "targets.acme-prod.redis.replicas",
    ]


def test_a_channel_has_one_default_target(load: Load) -> None:
    """Two defaults would leave it to chance which client is repaired."""
    target = MINIMAL["targets"]["acme-prod"] | {"default_in": ["C0INCIDENT"]}

    (problem,) = _mistakes(load, {"targets": {"acme-prod": target, "acme-test": target}})

    assert "a channel has one" in problem.what


def test_the_environment_overrides_the_file(load: Load) -> None:
    """Dashes are written as underscores, lists with commas."""
    settings = load(
        None,
        SFINT_TARGETS__ACME_PROD__MODE="act",
        SFINT_TARGETS__ACME_PROD__TIMINGS__WATCH_SECONDS="1.5",
        SFINT_ROLES__APPROVER="U0BOB, U0CAROL",
    )

    assert settings.target("acme-prod").mode is Mode.ACT
    assert settings.target("acme-prod").timings.watch_seconds == 1.5
    assert settings.roles().named(Role.APPROVER) == ("U0BOB", "U0CAROL")


def test_an_unknown_override_is_a_mistake(load: Load) -> None:
    """A typo in a variable is not silently nothing."""
    (problem,) = _mistakes(load, None, SFINT_SLACK__BOT_TOKN="xoxb-2")

    assert problem.path == "slack.bot_tokn"
    assert "did you mean `bot_token`?" in problem.what


def test_variables_without_a_path_are_not_settings(load: Load) -> None:
    """SFINT_CONFIG and its like belong to the program."""
    assert load(None, SFINT_CONFIG="elsewhere.yml", SFINT_INBOX_KEYS="x")


def test_secrets_come_from_variables_and_files(load: Load, tmp_path: Path) -> None:
    """By `env:`, by `file:` and by `…_file`; the newline at a file's end is not part of the secret."""
    (tmp_path / "password").write_text("from-a-file\n", encoding="utf-8")
    base = "targets/acme-prod/salesforce"
    settings = load(
        {
            f"{base}/client_id": "env:CLIENT_ID",
            f"{base}/client_secret": "file:password",
            f"{base}/password": ...,
            f"{base}/password_file": str(tmp_path / "password"),
        },
        CLIENT_ID="from-the-environment",
    )

    salesforce = settings.targets["acme-prod"].salesforce
    assert salesforce.client_id.get_secret_value() == "from-the-environment"
    assert salesforce.client_secret.get_secret_value() == "from-a-file"
    assert salesforce.password.get_secret_value() == "from-a-file"


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("env:NOT_SET", "environment variable NOT_SET, which is not set"),
        ("env:EMPTY", "EMPTY, which is empty"),
        ("file:/no/such/file", "cannot be read"),
    ],
)
def test_a_reference_to_nothing_is_told_once(load: Load, reference: str, words: str) -> None:
    """It is not called missing a second time."""
    (problem,) = _mistakes(load, {"slack/bot_token": reference}, EMPTY="")

    assert problem.path == "slack.bot_token"
    assert words in problem.what


def test_a_secret_given_twice_is_a_mistake(load: Load) -> None:
    """Which of the two holds would be a guess."""
    problems = _mistakes(load, {"slack/bot_token_file": __file__})

    assert any("keep one of the two" in problem.what for problem in problems)


def test_secrets_never_show(load: Load) -> None:
    """Neither in repr, nor in the summary, nor in what is told about mistakes."""
    settings = load()
    problems = _mistakes(
        load,
        {
            "slack/bot_token": "planted-without-prefix",
            "slack/team_id": "planted-team",
            "store/inbox_keys": ["planted-key"],
            "targets/acme-prod/salesforce/client_secret": ["planted-list"],
            "targets/acme-prod/salesforce": "planted-section",
        },
    )

    shown = repr(settings) + str(settings) + config_check(settings)
    shown += render_problems(SettingsProblems(problems)) + repr(problems)
    assert "planted" not in shown


def test_the_redactor_gets_every_secret(load: Load) -> None:
    """All of them, the empty ones left out, longest first."""
    secrets = load({"teams/ops/pagerduty_routing_key": "planted-routing-key"}).secrets()

    expected = {"xoxb-planted", "xapp-planted", KEY, "planted-id", "planted-secret", "planted-password"}
    assert set(secrets) == expected | {"planted-routing-key"}
    assert sorted(map(len, secrets), reverse=True) == list(map(len, secrets))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("slack: [planted", "line 1"),
        ("a: 1\na: 2\n", "a key is given twice"),
        ("- planted\n", "must be a section"),
        ("a: \x00", "YAML does not allow"),
    ],
)
def test_a_file_that_is_no_configuration(tmp_path: Path, text: str, words: str) -> None:
    """The place is told, the text is not: it may hold a secret."""
    file = tmp_path / "sfint.yml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(SettingsProblems) as caught:
        load_settings(file, {})

    assert words in str(caught.value)
    assert "planted" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """It says which file."""
    with pytest.raises(SettingsProblems, match=r"absent\.yml: cannot be read"):
        load_settings(tmp_path / "absent.yml", {})


@pytest.mark.parametrize(
    ("given", "environ", "path"),
    [
        ("a.yml", {"SFINT_CONFIG": "b.yml"}, "a.yml"),
        (None, {"SFINT_CONFIG": "b.yml"}, "b.yml"),
        (None, {}, "sfint.yml"),
    ],
)
def test_where_the_file_is_looked_for(given: str | None, environ: dict[str, str], path: str) -> None:
    """Argument, variable, default."""
    assert config_path(given, environ) == Path(path)


def test_config_check_warns_about_what_is_seldom_meant(load: Load) -> None:
    """Valid, and still worth a word."""
    text = config_check(load({"roles": {"requester": ["U0BOB"], "approver": ["U0BOB"], "viewer": ["*"]}}))

    assert "nobody holds the role operator" in text
    assert "the only approver is the only requester" in text
    assert "every command needs --target acme-prod" in text
