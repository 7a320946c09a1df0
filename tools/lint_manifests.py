"""Holds the two Slack app manifests to the code: what it binds and calls is asked for, and nothing else."""

from __future__ import annotations

import copy
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.command import CATALOGUE
from handlers import register

ROOT = Path(__file__).parents[1]
SOCKET, HTTP = "manifest.yml", "manifest.http.yml"
REQUEST_URL = "https://sfint.example.com/slack/events"
SCOPES_OF: Mapping[str, frozenset[str]] = {
    "apps_connections_open": frozenset(),  # the app-level token's connections:write
    "auth_test": frozenset(),
    "chat_postMessage": frozenset({"chat:write"}),
    "chat_postEphemeral": frozenset({"chat:write"}),
    "chat_update": frozenset({"chat:write"}),
    "conversations_history": frozenset({"channels:history", "groups:history"}),
    "conversations_replies": frozenset({"channels:history", "groups:history"}),
    "conversations_info": frozenset({"channels:read", "groups:read"}),
    "files_info": frozenset({"files:read"}),
    "files_getUploadURLExternal": frozenset({"files:write"}),
    "files_completeUploadExternal": frozenset({"files:write"}),
    "users_info": frozenset({"users:read"}),
    "views_open": frozenset(),
}
"""Web API method, as our code calls it -> what Slack's reference says it needs (public and private channels)."""
IF_GRANTED = frozenset({"usergroups_list"})
"""Called only where an administrator granted the scope of their own accord; so it is not asked for."""
_INTERACTIONS = ("action", "view", "options", "shortcut", "global_shortcut", "message_shortcut")
Manifest = dict[str, Any]


class Bindings:
    """Stands in the place of Bolt's app and writes down what `register` binds: kind -> names."""

    def __init__(self) -> None:
        self.made: defaultdict[str, list[Any]] = defaultdict(list)
        register(self, SimpleNamespace(receive=None, help_at_once=None))  # type: ignore[arg-type]  # an app as far as binding goes

    def __getattr__(self, kind: str) -> Callable[..., Callable[[object], object]]:
        def bind(name: object) -> Callable[[object], object]:
            self.made[kind].append(name)
            return lambda listener: listener

        return bind


def load(name: str) -> Manifest:
    """A manifest as Slack reads it."""
    loaded: Manifest = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    return loaded


def over_http(manifest: Manifest) -> Manifest:
    """What the Socket Mode manifest becomes when Slack calls us: the addresses, and no sockets."""
    changed = copy.deepcopy(manifest)
    for command in changed["features"]["slash_commands"]:
        command["url"] = REQUEST_URL
    changed["settings"]["interactivity"]["request_url"] = REQUEST_URL
    changed["settings"]["socket_mode_enabled"] = False
    return changed


def methods_in_use() -> set[str]:
    """Every Web API method that our code names."""
    sources = [*ROOT.glob("bot/adapters/slack*.py"), *ROOT.glob("handlers/*.py")]
    named = {
        name
        for path in sources
        for name in re.findall(r"\.([a-z]+_[A-Za-z_]+)\b", path.read_text(encoding="utf-8"))
    }
    return {name for name in named if name in vars(AsyncWebClient)} - IF_GRANTED - {"api_call"}


def problems(manifest: Manifest, methods: set[str], bound: Mapping[str, list[Any]]) -> Iterator[str]:
    """What the manifest asks for too much, or too little."""
    yield from _scopes(set(manifest["oauth_config"]["scopes"]["bot"]), methods)
    yield from _commands(manifest["features"].get("slash_commands", []), bound.get("command", []))
    settings = manifest["settings"]
    if settings["interactivity"]["is_enabled"] != any(bound.get(kind) for kind in _INTERACTIONS):
        yield "settings.interactivity.is_enabled is not what the listeners need"
    events = set(settings.get("event_subscriptions", {}).get("bot_events", []))
    yield from _differences("event", events, set(bound.get("event", [])) | set(bound.get("message", [])))
    shortcuts = {each["callback_id"] for each in manifest["features"].get("shortcuts", [])}
    named = {name for kind in _INTERACTIONS[3:] for name in bound.get(kind, [])}
    yield from _differences("shortcut", shortcuts, named)
    yield from _lengths(manifest)


def _scopes(asked: set[str], methods: set[str]) -> Iterator[str]:
    for method in sorted(methods ^ set(SCOPES_OF)):
        said = (
            "is called, and SCOPES_OF does not know" if method in methods else "is not called, and SCOPES_OF has"
        )
        yield f"{method} {said} it"
    needed = {"commands"}.union(*(SCOPES_OF.get(method, frozenset()) for method in methods))
    yield from _differences("scope", asked, needed)


def _commands(asked: list[Manifest], bound: list[Any]) -> Iterator[str]:
    yield from _differences("command", {each["command"] for each in asked}, set(bound))
    for command in asked:
        hinted = {word.strip() for word in command["usage_hint"].split("|")}
        for word in sorted(hinted - {spec.name for spec in CATALOGUE}):
            yield f"the usage hint of {command['command']} names `{word}`, which is no command"
        if command.get("should_escape") is not False:
            yield f"{command['command']} must have should_escape: false, the grammar reads plain text"


def _differences(kind: str, asked: set[str], used: set[str]) -> Iterator[str]:
    yield from (f"{kind} {name} is asked for, and nothing uses it" for name in sorted(asked - used))
    yield from (f"{kind} {name} is used, and not asked for" for name in sorted(used - asked))


def _lengths(manifest: Manifest) -> Iterator[str]:
    """Slack's published limits of what people read."""
    about = manifest["display_information"]
    limits = [
        ("name", about["name"], 1, 35),
        ("description", about["description"], 1, 140),
        ("long_description", about["long_description"], 175, 4000),
        ("bot_user.display_name", manifest["features"]["bot_user"]["display_name"], 1, 80),
    ]
    for command in manifest["features"].get("slash_commands", []):
        limits.append((command["command"], command["command"], 2, 32))
        limits.append((f"description of {command['command']}", command["description"], 1, 2000))
        limits.append((f"usage hint of {command['command']}", command["usage_hint"], 1, 1000))
    for what, text, least, most in limits:
        if not least <= len(text) <= most:
            yield f"{what} has {len(text)} characters, allowed are {least} to {most}"


def main() -> int:
    """Prints what is wrong; 0 when nothing is."""
    socket = load(SOCKET)
    found = list(problems(socket, methods_in_use(), Bindings().made))
    if socket["settings"].get("socket_mode_enabled") is not True:
        found.append("settings.socket_mode_enabled must be true")
    if load(HTTP) != over_http(socket):
        found.append(f"{HTTP} is not {SOCKET} with request addresses in the place of Socket Mode")
    for problem in found:
        sys.stderr.write(f"manifest: {problem}\n")
    if not found:
        sys.stdout.write(f"{SOCKET} and {HTTP} ask for what the code uses, and for nothing else\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
