"""The configuration: one YAML file plus environment overrides, validated once, every mistake reported at once."""

from __future__ import annotations

from bot.settings.exposure import exposed_secrets
from bot.settings.loading import config_path, load_settings
from bot.settings.problems import Problem, SettingsProblems
from bot.settings.schema import PagerdutySettings, Settings, SlackSettings, StoreSettings, TeamSettings
from bot.settings.show import config_check, render_problems
from bot.settings.target import KubernetesSettings, Reach, RedisSettings, SalesforceSettings, TargetSettings

__all__ = [
    "KubernetesSettings",
    "PagerdutySettings",
    "Problem",
    "Reach",
    "RedisSettings",
    "SalesforceSettings",
    "Settings",
    "SettingsProblems",
    "SlackSettings",
    "StoreSettings",
    "TargetSettings",
    "TeamSettings",
    "config_check",
    "config_path",
    "exposed_secrets",
    "load_settings",
    "render_problems",
]
