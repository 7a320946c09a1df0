"""Mistakes in a target's live chat section that take two settings to see."""

from __future__ import annotations

from typing import Any

from bot.settings.problems import Problem

_CHAT_URL = "https://d.la4-c1-ia4.salesforceliveagent.com/chat/rest"
_LEGACY_NEEDS = {
    "organization_id": "00D000000000001",
    "deployment_id": "572000000000001",
    "buttons": "{whatsapp: 573000000000001}",
}


def live_chat_disagreements(path: str, live_chat: dict[str, Any]) -> list[Problem]:
    """`live_chat` is the raw section at `path`, and the target has one."""
    if not live_chat.get("chat_url"):
        needless = [key for key in _LEGACY_NEEDS if live_chat.get(key)]
        if not needless and live_chat.get("enhanced"):
            return []
        why = f"is required with `{needless[0]}`" if needless else "is required, or a section `enhanced`"
        return [Problem(f"{path}.chat_url", why, _CHAT_URL)]
    problems = [
        Problem(f"{path}.{key}", "is required with `chat_url`", example)
        for key, example in _LEGACY_NEEDS.items()
        if not live_chat.get(key)
    ]
    return problems + _strangers(path, live_chat)


def _strangers(path: str, live_chat: dict[str, Any]) -> list[Problem]:
    """A queue belongs to a button."""
    buttons, queues = live_chat.get("buttons"), live_chat.get("queues")
    if not isinstance(buttons, dict) or not isinstance(queues, dict):
        return []
    known = ", ".join(str(button) for button in buttons)
    return [
        Problem(f"{path}.queues.{button}", f"names no button; `buttons` has {known}")
        for button in queues
        if button not in buttons
    ]
