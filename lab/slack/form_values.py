"""Values of inputs: what a person put in, in the form in which payloads have it."""

from __future__ import annotations

from lab.slack.errors import ImpossibleGesture, Json

REQUIRED = "Please complete this required field."
_SINGLE = {
    "users_select": "selected_user",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
}
_SEVERAL = {
    "multi_users_select": "selected_users",
    "multi_channels_select": "selected_channels",
    "multi_conversations_select": "selected_conversations",
}
_OPTION = {"static_select", "radio_buttons", "external_select", "overflow"}
_OPTIONS = {"multi_static_select", "checkboxes"}
_INITIAL = ("initial_value", "initial_user", "initial_channel", "initial_conversation", "initial_date",
            "initial_time")  # fmt: skip


def chosen_value(element: Json, chosen: str) -> Json:
    """The fields of an action or a state value for what was chosen; several values are comma-separated."""
    kind = element["type"]
    if kind in _SINGLE:
        return {_SINGLE[kind]: chosen or None}
    if kind in _SEVERAL:
        return {_SEVERAL[kind]: [one for one in chosen.split(",") if one]}
    if kind in _OPTION:
        return {"selected_option": _option(element, chosen) if chosen else None}
    if kind in _OPTIONS:
        return {"selected_options": [_option(element, one) for one in chosen.split(",") if one]}
    if kind == "datetimepicker":
        return {"selected_date_time": int(chosen) if chosen else None}
    if kind == "button":
        return {}
    return {"value": chosen or None}


def options_of(element: Json) -> list[Json]:
    """All options of a menu, groups flattened."""
    groups = [option for group in element.get("option_groups", []) for option in group["options"]]
    return [*element.get("options", []), *groups]


def _option(element: Json, value: str) -> Json:
    for option in options_of(element):
        if option.get("value") == value:
            return option
    raise ImpossibleGesture(f"{element.get('action_id')} has no option {value!r}")


def _initial(element: Json) -> str:
    for name in _INITIAL:
        if name in element:
            return str(element[name])
    if "initial_option" in element:
        return str(element["initial_option"]["value"])
    several = [str(option["value"]) for option in element.get("initial_options", [])]
    return ",".join(several or [str(one) for one in element.get("initial_users", [])])


def initial_values(blocks: list[Json]) -> dict[str, dict[str, Json]]:
    """The `state.values` of a message nobody has touched: every menu and input, no buttons."""
    values: dict[str, dict[str, Json]] = {}
    for block in blocks:
        for element in [*block.get("elements", []), block.get("accessory"), block.get("element")]:
            is_stateful = isinstance(element, dict) and "action_id" in element
            if is_stateful and element["type"] not in {"button", "overflow"}:
                state = {"type": element["type"], **chosen_value(element, _initial(element))}
                values.setdefault(str(block.get("block_id", "")), {})[element["action_id"]] = state
    return values


def typed_values(blocks: list[Json], typed: dict[str, dict[str, str]]) -> dict[str, dict[str, Json]]:
    """The `state.values` of a view after a person filled it in; unknown inputs are impossible."""
    values = initial_values(blocks)
    elements = {
        (block.get("block_id"), block["element"].get("action_id")): block["element"]
        for block in blocks
        if block["type"] == "input"
    }
    for block_id, by_action in typed.items():
        for action_id, value in by_action.items():
            element = elements.get((block_id, action_id))
            if element is None:
                raise ImpossibleGesture(f"the view has no input {block_id}/{action_id}")
            values[block_id][action_id] = {"type": element["type"], **chosen_value(element, value)}
    return values


def missing_values(blocks: list[Json], values: dict[str, dict[str, Json]]) -> dict[str, str]:
    """What Slack refuses before the app hears of it: required inputs left empty, texts too short or too long."""
    problems: dict[str, str] = {}
    for block in blocks:
        if block["type"] != "input":
            continue
        block_id, element = str(block["block_id"]), block["element"]
        state = values.get(block_id, {}).get(element["action_id"], {})
        given = next((value for name, value in state.items() if name != "type"), None)
        problem = _problem(element, given, is_optional=bool(block.get("optional")))
        if problem:
            problems[block_id] = problem
    return problems


def _problem(element: Json, given: object, *, is_optional: bool) -> str | None:
    if not given:
        return None if is_optional else REQUIRED
    if not isinstance(given, str):
        return None
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if len(given) < least:
        return f"Please enter at least {least} characters."
    return f"Please enter at most {most} characters." if len(given) > most else None
