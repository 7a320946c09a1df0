"""views: modals and the home tab."""

from __future__ import annotations

import json

from lab.slack.arguments import Arguments
from lab.slack.blocks import check_view
from lab.slack.errors import Json, SlackError
from lab.slack.methods.method import WebMethod
from lab.slack.world import SlackWorld

VIEW_BYTES = 250_000


def methods() -> list[WebMethod]:
    """This family; none of it needs a scope."""
    return [
        WebMethod("views.open", _open, tier=4),
        WebMethod("views.push", _push, tier=4),
        WebMethod("views.update", _update, tier=4),
        WebMethod("views.publish", _publish, tier=4),
    ]


def _view(arguments: Arguments, kind: str) -> Json:
    view = arguments.structure("view", "invalid_arguments")
    if view is None:
        raise SlackError("invalid_arguments", messages=["[ERROR] missing required field: view"])
    checked = check_view(view)
    if checked["type"] != kind:
        pointer = "[json-pointer:/view/type]"
        raise SlackError("invalid_arguments", messages=[f"[ERROR] value must be one of: {kind} {pointer}"])
    if len(json.dumps(checked).encode()) > VIEW_BYTES:
        raise SlackError("view_too_large")
    return checked


def _open(world: SlackWorld, arguments: Arguments) -> Json:
    view = _view(arguments, "modal")
    person = world.triggers.exchange(arguments.required("trigger_id"))
    return {"view": world.views.as_slack(world.views.open(person, view))}


def _push(world: SlackWorld, arguments: Arguments) -> Json:
    view = _view(arguments, "modal")
    person = world.triggers.exchange(arguments.required("trigger_id"))
    return {"view": world.views.as_slack(world.views.push(person, view))}


def _update(world: SlackWorld, arguments: Arguments) -> Json:
    view = _view(arguments, "modal")
    found = world.views.find(arguments.text("view_id"), arguments.text("external_id"))
    if found is None:
        raise SlackError("not_found")
    if arguments.has("hash") and arguments.text("hash") != found.hash:
        raise SlackError("hash_conflict", view=world.views.as_slack(found))
    return {"view": world.views.as_slack(world.views.update(found, view))}


def _publish(world: SlackWorld, arguments: Arguments) -> Json:
    view = _view(arguments, "home")
    user = arguments.required("user_id")
    if world.person(user) is None:
        raise SlackError("user_not_found")
    current = world.views.home(user)
    if current and arguments.has("hash") and arguments.text("hash") != current.hash:
        raise SlackError("hash_conflict")
    return {"view": world.views.as_slack(world.views.publish(user, view))}
