"""What a person does at the screen: type, click, choose, submit, close. Used by tests, rehearsals and the page."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lab.slack import payloads
from lab.slack.blocks import check_view
from lab.slack.delivery import Answer, Deliveries
from lab.slack.errors import ImpossibleGesture, Json, SlackError
from lab.slack.form_values import chosen_value, initial_values, missing_values, typed_values
from lab.slack.messages import StoredMessage
from lab.slack.response_urls import answer_through
from lab.slack.tickets import ResponseUrl
from lab.slack.views import OpenView
from lab.slack.workspace import Channel, Person
from lab.slack.world import SlackWorld

NO_CONNECTION = "We had some trouble connecting. Try again?"


@dataclass(frozen=True)
class Typed:
    """What became of a typed line. An ordinary message has a `ts` and no delivery."""

    acked: bool
    error: str | None = None
    delivery_id: str = ""
    trigger_id: str = ""
    ts: str = ""


@dataclass(frozen=True)
class Clicked:
    """What became of a click."""

    acked: bool
    error: str | None = None
    delivery_id: str = ""
    trigger_id: str = ""
    response_url: str = ""


@dataclass(frozen=True)
class Submitted:
    """What became of a submitted modal; `errors` by block_id are what the person sees, None when it went."""

    errors: dict[str, str] | None = None
    acked: bool = True
    error: str | None = None
    delivery_id: str = ""


class Hands:
    """The gestures; each raises ImpossibleGesture for what no screen offers."""

    def __init__(
        self,
        world: SlackWorld,
        deliveries: Deliveries,
        event_subscriptions: frozenset[str] = frozenset({"app_mention"}),
    ) -> None:
        self._world = world
        self._deliveries = deliveries
        self._event_subscriptions = event_subscriptions

    async def type(self, person_id: str, channel_id: str, text: str, *, thread_ts: str | None = None) -> Typed:
        """Send a line from the composer: a slash command, or an ordinary message."""
        person, channel = self._person(person_id), self._channel(channel_id)
        if not text.startswith("/"):
            return self._say(person, channel, text, thread_ts)
        if thread_ts:
            return self._notice(channel, person, f"{text.split()[0]} is not supported in threads. Sorry!")
        if text.split()[0] == "/invite":
            self._world.bot_channels.add(channel.id)
            return self._notice(channel, person, f"You added {self._world.identity.name} to #{channel.name}.")
        if text.split()[0] != "/sfint":
            return self._notice(channel, person, f"{text.split()[0]} is not a valid command.")
        return await self._command(person, channel, text)

    async def _command(self, person: Person, channel: Channel, text: str) -> Typed:
        world = self._world
        trigger_id = world.triggers.make(person.id)
        path = self._response_url("commands", person, channel, None)
        payload = payloads.slash_command(
            world, person, channel, text, trigger_id=trigger_id, response_url=world.base_url + path
        )
        delivery, answer = await self._deliveries.send("slash_commands", payload)
        error = answer.error
        if answer.acked and answer.body and (answer.body.get("text") or answer.body.get("blocks")):
            error = self._respond(person, channel, answer.body)
        if error:
            command = text.split()[0]
            world.post_as_slackbot(channel.id, f'{command} failed with the error "{error}"', person.id)
        return Typed(answer.acked, error, delivery.id, trigger_id)

    def _respond(self, person: Person, channel: Channel, body: Json) -> str | None:
        try:
            answer_through(self._world, ResponseUrl(person.id, channel.id, self._world.clock()), body)
        except SlackError as refused:
            return refused.code
        return None

    def _say(self, person: Person, channel: Channel, text: str, thread_ts: str | None) -> Typed:
        mention = f"<@{self._world.identity.bot_user_id}>"
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        escaped = re.sub(rf"@{self._world.identity.name}\b", mention, escaped)
        escaped = escaped.replace(f"&lt;@{self._world.identity.bot_user_id}&gt;", mention)
        message = self._world.post_as(person.id, channel.id, escaped, thread_ts=thread_ts)
        is_heard = "app_mention" in self._event_subscriptions and channel.id in self._world.bot_channels
        if mention in escaped and is_heard:
            event = self._deliveries.send_event(payloads.app_mention(self._world, message))
            return Typed(acked=True, delivery_id=event.id, ts=message.ts)
        return Typed(acked=True, ts=message.ts)

    def _notice(self, channel: Channel, person: Person, text: str) -> Typed:
        notice = self._world.post_as_slackbot(channel.id, text, person.id)
        return Typed(acked=True, ts=notice.ts)

    async def click(
        self,
        person_id: str,
        channel_id: str,
        message_ts: str,
        action_id: str,
        *,
        block_id: str | None = None,
        chosen: str | None = None,
    ) -> Clicked:
        """Press a button of a message, or choose the option with that value from a menu.

        A confirmation dialog counts as confirmed: whoever declines it sends nothing.
        """
        world = self._world
        person, channel = self._person(person_id), self._channel(channel_id)
        message = self._seen_message(person, channel, message_ts)
        element, found_block = _find_element(message.blocks, action_id, block_id)
        choice = chosen_value(element, chosen) if chosen is not None else {}
        trigger_id = world.triggers.make(person.id)
        response_url = world.base_url + self._response_url("actions", person, channel, message)
        payload = payloads.block_actions(
            world,
            person,
            channel,
            message,
            payloads.action_of(world, element, found_block, choice),
            state=initial_values(message.blocks),
            trigger_id=trigger_id,
            response_url=response_url,
        )
        delivery, answer = await self._deliveries.send("interactive", payload)
        return Clicked(answer.acked, answer.error, delivery.id, trigger_id, response_url)

    async def click_view(
        self, person_id: str, view_id: str, action_id: str, *, chosen: str | None = None
    ) -> Clicked:
        """Press a button inside a modal or the home tab."""
        world, person = self._world, self._person(person_id)
        found = self._view(person, view_id)
        element, block_id = _find_element(found.view["blocks"], action_id, None)
        choice = chosen_value(element, chosen) if chosen is not None else {}
        trigger_id = world.triggers.make(person.id)
        action = payloads.action_of(world, element, block_id, choice)
        payload = payloads.view_actions(world, person, found, action, trigger_id=trigger_id)
        delivery, answer = await self._deliveries.send("interactive", payload)
        return Clicked(answer.acked, answer.error, delivery.id, trigger_id)

    async def submit(self, person_id: str, view_id: str, values: dict[str, dict[str, str]]) -> Submitted:
        """Fill in a modal and press its submit button; what is missing is refused by Slack itself."""
        world, person = self._world, self._person(person_id)
        found = self._view(person, view_id)
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
        person = self._person(person_id)
        found = self._view(person, view_id)
        self._world.views.close(found, whole_stack=whole_stack or bool(found.view.get("clear_on_close")))
        if found.view.get("notify_on_close"):
            payload = payloads.view_closed(self._world, person, found, is_cleared=whole_stack)
            await self._deliveries.send("interactive", payload)

    def _response_url(self, kind: str, person: Person, channel: Channel, message: StoredMessage | None) -> str:
        return self._world.response_urls.make(
            kind,
            team=self._world.workspace.team_id,
            person=person.id,
            channel=channel.id,
            message_ts=message.ts if message else None,
            thread_ts=message.thread_ts if message else None,
        )

    def _person(self, person_id: str) -> Person:
        person = self._world.person(person_id)
        if person is None:
            raise ImpossibleGesture(f"nobody has the id {person_id}")
        return person

    def _channel(self, channel_id: str) -> Channel:
        channel = self._world.channel(channel_id)
        if channel is None:
            raise ImpossibleGesture(f"there is no channel {channel_id}")
        return channel

    def _seen_message(self, person: Person, channel: Channel, ts: str) -> StoredMessage:
        message = self._world.messages.find(channel.id, ts)
        if message is None or not message.is_visible_to(person.id):
            raise ImpossibleGesture(f"{person.name} sees no message {ts} in #{channel.name}")
        return message

    def _view(self, person: Person, view_id: str) -> OpenView:
        home = self._world.views.home(person.id)
        shown = [*self._world.views.stack(person.id), *([home] if home else [])]
        for one in shown:
            if one.id == view_id:
                return one
        raise ImpossibleGesture(f"{person.name} has no open view {view_id}")


def _checked_errors(found: OpenView, errors: object) -> dict[str, str]:
    known = {block.get("block_id") for block in found.view["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or set(errors) - known:
        raise SlackError("invalid_response_action")
    return {str(block_id): str(message) for block_id, message in errors.items()}


def _find_element(blocks: list[Json], action_id: str, block_id: str | None) -> tuple[Json, str]:
    for block in blocks:
        if block_id is not None and block.get("block_id") != block_id:
            continue
        candidates = [*block.get("elements", []), block.get("accessory"), block.get("element")]
        for element in candidates:
            if isinstance(element, dict) and element.get("action_id") == action_id:
                return element, str(block.get("block_id", ""))
    raise ImpossibleGesture(f"the message has no element {action_id!r}")
