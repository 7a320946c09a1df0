"""Every scope of the bot token, with its reason: the one list that manifest, proofs and documents follow."""

from __future__ import annotations

SCOPES = {
    "commands": "/sfint",
    "chat:write": "reports, plan cards, progress, page notices",
    "files:write": "evidence, as a file in the thread",
    "files:read": "snippets that somebody wants matched to the runbook",
    "users:read": "who is a guest, a bot or from elsewhere",
    "channels:read": "is a channel shared with another company, has the bot been invited",
    "groups:read": "the same for private channels",
    "channels:history": "finds a message that was interrupted while it was posted, instead of posting it twice",
    "groups:history": "the same for private channels",
}
APP_TOKEN_SCOPES = {"connections:write": "opens the socket of Socket Mode"}
