"""The composer: slash commands and ordinary messages."""

from __future__ import annotations

import re

from lab.slack import payloads
from lab.slack.delivery import Deliveries
from lab.slack.errors import Json, SlackError
from lab.slack.outcomes import Typed
from lab.slack.response_urls import answer_through
from lab.slack.sight import Sight
from lab.slack.tickets import ResponseUrl
from lab.slack.workspace import Channel, Person
from lab.slack.world import SlackWorld

COMMAND = "/sfint"


class Composer:
    """Where a person types."""

    def __init__(
        self, world: SlackWorld, deliveries: Deliveries, sight: Sight, event_subscriptions: frozenset[str]
    ) -> None:
        self._world = world
        self._deliveries = deliveries
        self._sight = sight
        self._event_subscriptions = event_subscriptions

    async def type(self, person_id: str, channel_id: str, text: str, *, thread_ts: str | None = None) -> Typed:
        """Send a line from the composer: a slash command, or an ordinary message."""
        person, channel = self._sight.person(person_id), self._sight.channel(channel_id)
        if not text.startswith("/"):
            return self._say(person, channel, text, thread_ts)
        if thread_ts:
            return self._notice(channel, person, f"{text.split()[0]} is not supported in threads. Sorry!")
        if text.split()[0] == "/invite":
            self._world.join(channel.id)
            return self._notice(channel, person, f"You added {self._world.identity.name} to #{channel.name}.")
        if text.split()[0] != COMMAND:
            return self._notice(channel, person, f"{text.split()[0]} is not a valid command.")
        return await self._command(person, channel, text)

    async def _command(self, person: Person, channel: Channel, text: str) -> Typed:
        world = self._world
        trigger_id = world.triggers.make(person.id)
        path = world.response_urls.make(
            "commands", team=world.workspace.team_id, person=person.id, channel=channel.id
        )
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
