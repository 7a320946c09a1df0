"""The Slack app manifests ask for what the code uses, and for nothing else; a lint says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tools.lint_manifests import (
    HTTP,
    REQUEST_URL,
    SOCKET,
    Bindings,
    Manifest,
    load,
    main,
    methods_in_use,
    problems,
)


def test_both_manifests_are_what_the_code_needs(capsys: pytest.CaptureFixture[str]) -> None:
    """The lint finds nothing."""
    assert main() == 0
    assert capsys.readouterr().err == ""


def test_each_mode_has_its_manifest() -> None:
    """Sockets need no address; signed requests need one for commands and one for clicks."""
    socket, http = load(SOCKET)["settings"], load(HTTP)["settings"]

    assert (socket["socket_mode_enabled"], http["socket_mode_enabled"]) == (True, False)
    assert "request_url" not in socket["interactivity"]
    assert http["interactivity"]["request_url"] == REQUEST_URL
    assert [each["url"] for each in load(HTTP)["features"]["slash_commands"]] == [REQUEST_URL]


def _unused_scope(manifest: Manifest) -> None:
    manifest["oauth_config"]["scopes"]["bot"].append("channels:join")


def _missing_scope(manifest: Manifest) -> None:
    manifest["oauth_config"]["scopes"]["bot"].remove("users:read")


def _unused_command(manifest: Manifest) -> None:
    manifest["features"]["slash_commands"].append(
        {"command": "/old", "description": "old", "usage_hint": "help", "should_escape": False}
    )


def _missing_command(manifest: Manifest) -> None:
    manifest["features"]["slash_commands"] = []


def _no_buttons(manifest: Manifest) -> None:
    manifest["settings"]["interactivity"]["is_enabled"] = False


def _unused_event(manifest: Manifest) -> None:
    manifest["settings"]["event_subscriptions"] = {"bot_events": ["app_mention"]}


def _wrong_hint(manifest: Manifest) -> None:
    manifest["features"]["slash_commands"][0]["usage_hint"] = "status | reboot"


def _long_name(manifest: Manifest) -> None:
    manifest["display_information"]["name"] = "x" * 36


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_unused_scope, "scope channels:join is asked for, and nothing uses it"),
        (_missing_scope, "scope users:read is used, and not asked for"),
        (_unused_command, "command /old is asked for, and nothing uses it"),
        (_missing_command, "command /sfint is used, and not asked for"),
        (_no_buttons, "interactivity"),
        (_unused_event, "event app_mention is asked for"),
        (_wrong_hint, "`reboot`, which is no command"),
        (_long_name, "name has 36 characters"),
    ],
)
def test_what_does_not_fit_is_found(spoil: Callable[[Manifest], None], words: str) -> None:
    """Too much or too little, each way."""
    manifest = load(SOCKET)
    spoil(manifest)

    (problem,) = problems(manifest, methods_in_use(), Bindings().made)

    assert words in problem


def test_a_method_that_nobody_listed_is_found() -> None:
    """A new call of the Web API is a decision about scopes."""
    (problem,) = problems(load(SOCKET), methods_in_use() | {"reactions_add"}, Bindings().made)

    assert problem.startswith("reactions_add is called")
