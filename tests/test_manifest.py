"""The Slack app manifest asks for what the code uses, and for nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.command import CATALOGUE
from bot.views import ids

ROOT = Path(__file__).parents[1]
SOURCES = [*ROOT.glob("bot/adapters/slack*.py"), *ROOT.glob("handlers/*.py")]
SCOPES_OF = {
    "apps_connections_open": set(),  # the app-level token's connections:write
    "auth_test": set(),
    "chat_postMessage": {"chat:write"},
    "chat_postEphemeral": {"chat:write"},
    "chat_update": {"chat:write"},
    "conversations_history": {"channels:history", "groups:history"},
    "conversations_replies": {"channels:history", "groups:history"},
    "conversations_info": {"channels:read", "groups:read"},
    "files_getUploadURLExternal": {"files:write"},
    "files_completeUploadExternal": {"files:write"},
    "users_info": {"users:read"},
    "views_open": set(),
}


def manifest() -> dict[str, Any]:
    """The manifest as Slack reads it."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))
    return loaded


def methods_in_use() -> set[str]:
    """Every Web API method that our code names."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    named = set(re.findall(r"\.([a-z]+_[A-Za-z_]+)\b", source))
    return {name for name in named if name in vars(AsyncWebClient) and name != "api_call"}


def test_scopes_are_those_of_the_methods_in_use() -> None:
    """A new method needs its line here, and its scope in the manifest; a scope nobody uses is taken back."""
    assert methods_in_use() == set(SCOPES_OF)

    asked = set(manifest()["oauth_config"]["scopes"]["bot"])
    assert asked == {"commands"}.union(*SCOPES_OF.values())


def test_the_one_command_is_ours_and_its_hint_names_real_commands() -> None:
    """What the composer shows can be typed."""
    (command,) = manifest()["features"]["slash_commands"]
    hinted = {word.strip() for word in command["usage_hint"].split("|")}

    assert command["command"] == ids.COMMAND
    assert hinted <= {spec.name for spec in CATALOGUE}
    assert command["should_escape"] is False


def test_socket_mode_and_interactivity_are_on() -> None:
    """Buttons and forms need interactivity; Socket Mode needs no address."""
    settings = manifest()["settings"]

    assert settings["socket_mode_enabled"] is True
    assert settings["interactivity"] == {"is_enabled": True}


def test_texts_keep_within_slacks_limits() -> None:
    """Limits of the published schema."""
    about = manifest()["display_information"]

    assert len(about["name"]) <= 35
    assert len(about["description"]) <= 140
    assert 175 <= len(about["long_description"]) <= 4000
