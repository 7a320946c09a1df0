"""The settings of the live chat: the legacy one, its successor, or both; ids in their short form."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.domain.live_chat import LiveChat
from bot.settings import SettingsProblems, load_settings
from tests.bot.settings.test_load_settings import MINIMAL

LEGACY = {
    "chat_url": "https://chat.example.com/chat/rest",
    "organization_id": "00D000000000001",
    "deployment_id": "572000000000001",
    "buttons": {"whatsapp": "573000000000001AAA"},
}
ENHANCED = {
    "url": "https://acme.my.salesforce-scrt.com",
    "organization_id": "00D000000000001",
    "es_developer_name": "Acme_Web_Chat",
}
Load = Callable[[object], LiveChat | None]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """What the target expects with this section `live_chat`."""

    def loaded(section: object) -> LiveChat | None:
        tree: dict[str, Any] = copy.deepcopy(MINIMAL)
        tree["targets"]["acme-prod"]["live_chat"] = section
        file = tmp_path / "sfint.yml"
        file.write_text(yaml.safe_dump(tree), encoding="utf-8")
        return load_settings(file, {}).target("acme-prod").live_chat

    return loaded


def test_a_legacy_chat_needs_its_ids_only(load: Load) -> None:
    """The longer form of an id is cut to what live chat knows; the runbook's window is the default."""
    chat = load(LEGACY)

    assert chat is not None
    assert chat.buttons == {"whatsapp": "573000000000001"}
    assert (chat.requests.window_seconds, chat.requests.minimum_users, chat.enhanced_url) == (900, 1, "")


def test_the_successor_alone_is_enough(load: Load) -> None:
    """The legacy host is then not asked."""
    chat = load({"enhanced": ENHANCED})

    assert chat is not None
    assert (chat.chat_url, chat.enhanced_url) == ("", ENHANCED["url"])


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ({}, "live_chat.chat_url: is required, or a section `enhanced`"),
        ({"buttons": LEGACY["buttons"]}, "live_chat.chat_url: is required with `buttons`"),
        ({"chat_url": LEGACY["chat_url"]}, "live_chat.deployment_id: is required with `chat_url`"),
        ({**LEGACY, "buttons": {}}, "live_chat.buttons: is required with `chat_url`"),
        ({**LEGACY, "buttons": {"whatsapp": "573"}}, "must be an id of Salesforce: 15 characters"),
        ({**LEGACY, "queues": {"facebook": "Support"}}, "live_chat.queues.facebook: names no button"),
        ({**LEGACY, "chat_url": "chat.example.com"}, "must be an address that starts with http"),
        ({**LEGACY, "requests": {"minimum_users": 0}}, "live_chat.requests.minimum_users"),
        ({**LEGACY, "requests": {"egress_addresses": ["nat.example.com"]}}, "must be an IP address, or a network"),
        ({"enhanced": {"url": ENHANCED["url"]}}, "live_chat.enhanced.es_developer_name"),
    ],
)
def test_mistakes_name_the_setting(load: Load, section: object, problem: str) -> None:
    """Before anything is asked."""
    with pytest.raises(SettingsProblems) as raised:
        load(section)

    assert any(problem in str(each) for each in raised.value.problems), raised.value.problems
