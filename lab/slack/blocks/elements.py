"""Block elements: buttons, menus, inputs, images, and where each of them may stand."""

from __future__ import annotations

from typing import Any

from lab.slack.blocks.objects import (
    CONFIRM,
    DISPATCH,
    OPTION,
    OPTION_GROUPS,
    OPTIONS,
    SLACK_FILE,
    plain,
    rich,
)
from lab.slack.blocks.schema import (
    Check,
    Report,
    anything,
    boolean,
    both,
    listing,
    number,
    one_of,
    shape,
    text,
    url,
)

ACTION_ID = text(255)
_INTERACTIVE: dict[str, Check] = {"action_id": ACTION_ID, "confirm": CONFIRM}
_FOCUSABLE: dict[str, Check] = {"action_id": ACTION_ID, "focus_on_load": boolean}
_MENU: dict[str, Check] = {**_INTERACTIVE, "focus_on_load": boolean, "placeholder": plain(150)}
_SEVERAL: dict[str, Check] = {**_MENU, "max_selected_items": number(1, 1000)}
_IDS = listing(text(255), most=1000)


def _has_options(value: Any, at: str, report: Report) -> None:
    if ("options" in value) == ("option_groups" in value):
        report.problem("must provide either options or option_groups", at)


def _has_source(value: Any, at: str, report: Report) -> None:
    if ("image_url" in value) == ("slack_file" in value):
        report.problem("must provide either image_url or slack_file", at)


BUTTON = shape(
    {"text": plain(75)},
    {**_INTERACTIVE, "value": text(2000, 0), "url": url, "style": one_of("primary", "danger"),
     "accessibility_label": text(75)},
)  # fmt: skip

IMAGE = both(
    shape({"alt_text": text(2000, 0)}, {"image_url": url, "slack_file": SLACK_FILE}),
    _has_source,
)

_OPTIONED: dict[str, Check] = {"options": OPTIONS, "option_groups": OPTION_GROUPS}
_CHECKBOXES = listing(shape({"text": rich(75), "value": text(150)}, {"description": rich(75)}), most=10)

MENUS: dict[str, Check] = {
    "static_select": both(shape({}, {**_MENU, **_OPTIONED, "initial_option": OPTION}), _has_options),
    "multi_static_select": both(shape({}, {**_SEVERAL, **_OPTIONED, "initial_options": OPTIONS}), _has_options),
    "users_select": shape({}, {**_MENU, "initial_user": text(255)}),
    "multi_users_select": shape({}, {**_SEVERAL, "initial_users": _IDS}),
    "channels_select": shape({}, {**_MENU, "initial_channel": text(255), "response_url_enabled": boolean}),
    "multi_channels_select": shape({}, {**_SEVERAL, "initial_channels": _IDS}),
    "conversations_select": shape(
        {},
        {**_MENU, "initial_conversation": text(255), "default_to_current_conversation": boolean,
         "response_url_enabled": boolean, "filter": anything},
    ),
    "multi_conversations_select": shape(
        {},
        {**_SEVERAL, "initial_conversations": _IDS, "default_to_current_conversation": boolean,
         "filter": anything},
    ),
    "external_select": shape({}, {**_MENU, "initial_option": OPTION, "min_query_length": number(0, 75)}),
}  # fmt: skip

CHOICES: dict[str, Check] = {
    "checkboxes": shape(
        {"options": _CHECKBOXES}, {**_INTERACTIVE, "focus_on_load": boolean, "initial_options": _CHECKBOXES}
    ),
    "radio_buttons": shape(
        {"options": _CHECKBOXES}, {**_INTERACTIVE, "focus_on_load": boolean, "initial_option": OPTION}
    ),
    "datepicker": shape({}, {**_MENU, "initial_date": text(10, 10)}),
    "timepicker": shape({}, {**_MENU, "initial_time": text(5, 5), "timezone": text(255)}),
    "datetimepicker": shape(
        {}, {**_INTERACTIVE, "focus_on_load": boolean, "initial_date_time": number(10**9, 10**10)}
    ),
}

_TYPED: dict[str, Check] = {**_FOCUSABLE, "placeholder": plain(150), "dispatch_action_config": DISPATCH}

INPUTS: dict[str, Check] = {
    "plain_text_input": shape(
        {},
        {**_TYPED, "initial_value": text(3000, 0), "multiline": boolean, "min_length": number(0, 3000),
         "max_length": number(1, 3000)},
    ),
    "email_text_input": shape({}, {**_TYPED, "initial_value": text(3000, 0)}),
    "url_text_input": shape({}, {**_TYPED, "initial_value": text(3000, 0)}),
    "number_input": shape(
        {"is_decimal_allowed": boolean},
        {**_TYPED, "initial_value": text(100), "min_value": text(100), "max_value": text(100)},
    ),
}  # fmt: skip

OVERFLOW = shape({"options": listing(OPTION, most=5)}, _INTERACTIVE)

IN_ACTIONS: dict[str, Check] = {"button": BUTTON, "overflow": OVERFLOW, **MENUS, **CHOICES}
IN_SECTION: dict[str, Check] = {"image": IMAGE, **IN_ACTIONS}
IN_INPUT: dict[str, Check] = {**INPUTS, **MENUS, **CHOICES}
