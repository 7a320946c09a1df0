"""The bot's section on Integrations Core in the lab."""

from __future__ import annotations

from typing import Any

from lab.estate.integrations_core import IntegrationsCore
from lab.estate.integrations_core.core import NAMESPACE, SERVICES, WEBHOOK_VERSION
from lab.estate.integrations_core.service import FORWARDED

TOKEN_VARIABLE = "ACME_INTEGRATIONS_TOKEN"
_CHANNEL = "outgoing_webhook"


def integrations_section(core: IntegrationsCore, window_seconds: float) -> dict[str, Any]:
    """`targets.<name>.integrations`."""
    return {
        "namespace": NAMESPACE,
        "services": [{"name": name, "messages": f'"msg":"{FORWARDED}"'} for name in SERVICES],
        "window_seconds": window_seconds,
        "baseline_seconds": 15 * window_seconds,
        "minimum_messages": 5,
        "webhook": {
            "version": WEBHOOK_VERSION,
            "bot_id": core.bot_id,
            "channel": _CHANNEL,
            "webhook": core.webhook,
            "source": "url",
            "read_url": core.registrations.read_url(core.bot_id, _CHANNEL),
            "token": f"env:{TOKEN_VARIABLE}",
        },
    }
