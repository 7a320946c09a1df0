"""Modals filled in, submitted, closed; and what the app answers to that."""

from __future__ import annotations

from lab.slack import payloads
from lab.slack.blocks import check_view
from lab.slack.delivery import Answer, Deliveries
from lab.slack.errors import ImpossibleGesture, Json, SlackError
from lab.slack.form_values import missing_values, typed_values
from lab.slack.outcomes import Submitted
from lab.slack.sight import Sight
from lab.slack.views import OpenView
from lab.slack.world import SlackWorld

NO_CONNECTION = "We had some trouble connecting. Try again?"


class Forms:
    """Where a person fills in a modal."""

    def __init__(self, world: SlackWorld, deliveries: Deliveries, sight: Sight) -> None:
        self._world = world
        self._deliveries = deliveries
        self._sight = sight

    async def submit(self, person_id: str, view_id: str, values: dict[str, dict[str, str]]) -> Submitted:
        """Fill in a modal and press its submit button; what is missing is refused by Slack itself."""
        world, person = self._world, self._sight.person(person_id)
        found = self._sight.view(person, view_id)
        if not found.view.get("submit"):
            raise ImpossibleGesture(f"view {view_id} has no submit button")
        found.values = typed_values(found.view["blocks"], values)
        missing = missing_values(found.view["blocks"], found.values)
        if missing:
            return self._show_errors(found, Submitted(missing))
        trigger_id = world.triggers.make(person.id)
        payload = payloads.view_submission(world, person, found, trigger_id=trigger_id)
        delivery, answer = await self._deliveries.send("interactive", payload)
        return self._after_submission(found, answer, delivery.id)

    def _after_submission(self, found: OpenView, answer: Answer, delivery_id: str) -> Submitted:
        if not answer.acked:
            outcome = Submitted(acked=False, error=answer.error, delivery_id=delivery_id)
            return self._show_errors(found, outcome)
        try:
            errors = self._obey(found, answer.body or {})
        except SlackError as refused:
            outcome = Submitted(acked=True, error=refused.code, delivery_id=delivery_id)
            return self._show_errors(found, outcome)
        outcome = Submitted(errors, delivery_id=delivery_id)
        return self._show_errors(found, outcome) if errors else outcome

    def _obey(self, found: OpenView, body: Json) -> dict[str, str] | None:
        """Do what the app's response_action says; none closes the view."""
        views = self._world.views
        match body.get("response_action"):
            case None:
                views.close(found)
            case "clear":
                views.close(found, whole_stack=True)
            case "update":
                views.update(found, check_view(body.get("view")))
            case "push":
                views.push(found.person, check_view(body.get("view")))
            case "errors":
                return _checked_errors(found, body.get("errors"))
            case _:
                raise SlackError("invalid_response_action")
        return None

    def _show_errors(self, found: OpenView, outcome: Submitted) -> Submitted:
        found.errors = outcome.errors or {}
        found.trouble = NO_CONNECTION if outcome.error else ""
        self._world.views.announce(found.person)
        return outcome

    async def close_view(self, person_id: str, view_id: str, *, whole_stack: bool = False) -> None:
        """Close a modal; the app hears of it when the view asked for that."""
        person = self._sight.person(person_id)
        found = self._sight.view(person, view_id)
        self._world.views.close(found, whole_stack=whole_stack or bool(found.view.get("clear_on_close")))
        if found.view.get("notify_on_close"):
            payload = payloads.view_closed(self._world, person, found, is_cleared=whole_stack)
            await self._deliveries.send("interactive", payload)


def _checked_errors(found: OpenView, errors: object) -> dict[str, str]:
    known = {block.get("block_id") for block in found.view["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or set(errors) - known:
        raise SlackError("invalid_response_action")
    return {str(block_id): str(message) for block_id, message in errors.items()}
