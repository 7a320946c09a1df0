"""The rich_text block: sections, lists, quotes and code, made of styled runs."""

from __future__ import annotations

from typing import Any

from lab.slack.blocks.schema import (
    Check,
    Report,
    anything,
    boolean,
    listing,
    number,
    one_of,
    shape,
    text,
    typed,
    url,
)

_STYLE = shape({}, dict.fromkeys(("bold", "italic", "strike", "code", "underline", "unlink"), boolean))
_ID = text(255)

_RUN = typed(
    {
        "text": shape({"text": text(40_000)}, {"style": _STYLE}),
        "link": shape({"url": url}, {"text": text(40_000), "style": _STYLE, "unsafe": boolean}),
        "emoji": shape({"name": _ID}, {"unicode": _ID, "style": _STYLE, "skin_tone": number(1, 6)}),
        "user": shape({"user_id": _ID}, {"style": _STYLE}),
        "usergroup": shape({"usergroup_id": _ID}, {"style": _STYLE}),
        "channel": shape({"channel_id": _ID}, {"style": _STYLE}),
        "team": shape({"team_id": _ID}, {"style": _STYLE}),
        "broadcast": shape({"range": one_of("here", "channel", "everyone")}, {"style": _STYLE}),
        "date": shape(
            {"timestamp": anything, "format": _ID}, {"url": url, "fallback": text(3000), "style": _STYLE}
        ),
        "color": shape({"value": _ID}, {"style": _STYLE}),
    }
)
_RUNS = listing(_RUN, most=10_000, least=0)
_SECTION = shape({"elements": _RUNS})

_PART: dict[str, Check] = {
    "rich_text_section": _SECTION,
    "rich_text_preformatted": shape({"elements": _RUNS}, {"border": number(0, 1), "language": _ID}),
    "rich_text_quote": shape({"elements": _RUNS}, {"border": number(0, 1)}),
    "rich_text_list": shape(
        {
            "style": one_of("bullet", "ordered"),
            "elements": listing(typed({"rich_text_section": _SECTION}), most=1000),
        },
        {"indent": number(0, 8), "offset": number(0, 10_000), "border": number(0, 1)},
    ),
}

PARTS = listing(typed(_PART), most=1000)


def rich_text(value: Any, at: str, report: Report) -> None:
    """A rich_text entity where it stands inside another block."""
    typed({"rich_text": shape({"elements": PARTS}, {"block_id": _ID})})(value, at, report)
