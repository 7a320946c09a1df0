"""What may be behind a live chat that turns us away or says nothing: the retirement is always among it."""

from __future__ import annotations

from bot.domain.live_chat import ChatVerdict

RETIREMENT = "legacy chat was retired on 14 Feb 2026; its successor is Enhanced Chat (*.my.salesforce-scrt.com)"

_CANDIDATES = {
    ChatVerdict.MOVED: ("the middleware's SFC_CHAT_URL must name the new host, which takes a redeploy",),
    ChatVerdict.IDS_REFUSED: ("an id in the settings of this target is wrong, or the org changed it",),
    ChatVerdict.REFUSED: ("the host is not this org's any more", "chat is switched off in the org", RETIREMENT),
    ChatVerdict.UNREACHABLE: (
        "Salesforce or the way to it is down",
        "the host does not exist any more",
        RETIREMENT,
    ),
    ChatVerdict.UNREADABLE: ("a proxy or a maintenance page in between", "the address is wrong", RETIREMENT),
}


def candidates(verdict: ChatVerdict, *, is_legacy: bool = True) -> str:
    """One line for the evidence; empty where all is well."""
    told = [cause for cause in _CANDIDATES.get(verdict, ()) if is_legacy or cause is not RETIREMENT]
    return f"may be: {'; '.join(told)}" if told else ""
