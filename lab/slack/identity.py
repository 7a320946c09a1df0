"""The installed app as Slack knows it: ids, and credentials made at random for each run."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field

# Everything that some implemented method asks for; a narrower set proves that a manifest suffices.
_SCOPES = """
    app_mentions:read channels:history channels:join channels:read chat:write commands files:read files:write
    groups:history groups:read im:history im:read im:write reactions:write team:read usergroups:read
    users:read users:read.email
"""
ALL_SCOPES = frozenset(_SCOPES.split())


def _digits(count: int) -> str:
    return "".join(secrets.choice(string.digits) for _ in range(count))


def _letters(count: int) -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(count))


def _bot_token() -> str:
    return f"xoxb-{_digits(12)}-{_digits(13)}-{_letters(24)}"


def _app_token() -> str:
    return f"xapp-1-A0SFINT001-{_digits(13)}-{secrets.token_hex(32)}"


@dataclass(frozen=True)
class AppIdentity:
    """Ids are fixed so that tests may name them; tokens and secrets are new each time and shaped as real ones."""

    app_id: str = "A0SFINT001"
    bot_id: str = "B0SFINT001"
    bot_user_id: str = "U0SFINT001"
    name: str = "sfint"
    scopes: frozenset[str] = ALL_SCOPES
    bot_token: str = field(default_factory=_bot_token)
    app_token: str = field(default_factory=_app_token)
    signing_secret: str = field(default_factory=lambda: secrets.token_hex(16))
    verification_token: str = field(default_factory=lambda: _letters(24))
