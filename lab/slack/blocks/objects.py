"""Composition objects: texts, options, confirmation dialogs."""

from __future__ import annotations

from lab.slack.blocks.schema import Check, boolean, listing, one_of, shape, text, typed, url


def plain(most: int, least: int = 1) -> Check:
    """A `plain_text` object."""
    return typed({"plain_text": shape({"text": text(most, least)}, {"emoji": boolean})})


def rich(most: int, least: int = 1) -> Check:
    """A text object of either kind."""
    return typed(
        {
            "plain_text": shape({"text": text(most, least)}, {"emoji": boolean}),
            "mrkdwn": shape({"text": text(most, least)}, {"verbatim": boolean}),
        }
    )


CONFIRM = shape(
    {"title": plain(100), "text": rich(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)

OPTION = shape({"text": rich(75), "value": text(150)}, {"description": rich(75), "url": url})
OPTIONS = listing(OPTION, most=100)
OPTION_GROUPS = listing(shape({"label": plain(75), "options": OPTIONS}), most=100)
DISPATCH = shape({}, {"trigger_actions_on": listing(one_of("on_enter_pressed", "on_character_entered"), most=2)})
SLACK_FILE = shape({}, {"id": text(255), "url": url})
