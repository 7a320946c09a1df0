"""The app's entries in a message's menu, and the snippets that people post."""

from __future__ import annotations

from lab.slack import payloads
from lab.slack.delivery import Deliveries
from lab.slack.errors import ImpossibleGesture
from lab.slack.methods.files import file_json
from lab.slack.outcomes import Clicked, Typed
from lab.slack.sight import Sight
from lab.slack.world import SlackWorld


class Shortcuts:
    """What a person does with a message, and the file that they hang on one."""

    def __init__(self, world: SlackWorld, deliveries: Deliveries, sight: Sight) -> None:
        self._world = world
        self._deliveries = deliveries
        self._sight = sight

    async def choose(self, person_id: str, channel_id: str, message_ts: str, callback_id: str) -> Clicked:
        """Choose an app's entry in the menu of a message; ephemeral messages have no such menu."""
        world = self._world
        person, channel = self._sight.person(person_id), self._sight.channel(channel_id)
        message = self._sight.message(person, channel, message_ts)
        if message.ephemeral_to is not None:
            raise ImpossibleGesture("a message that only one person sees has no shortcuts")
        trigger_id = world.triggers.make(person.id)
        path = world.response_urls.make(
            "app", team=world.workspace.team_id, person=person.id, channel=channel.id, message_ts=message.ts
        )
        response_url = world.base_url + path
        payload = payloads.message_action(
            world, person, channel, message, callback_id, trigger_id=trigger_id, response_url=response_url
        )
        delivery, answer = await self._deliveries.send("interactive", payload)
        return Clicked(answer.acked, answer.error, delivery.id, trigger_id, response_url)

    async def post_snippet(
        self, person_id: str, channel_id: str, name: str, content: str | bytes, *, comment: str = ""
    ) -> Typed:
        """Upload a text and share it, as somebody does with lines that are too long for a message."""
        person, channel = self._sight.person(person_id), self._sight.channel(channel_id)
        body = content.encode() if isinstance(content, str) else content
        stored = self._world.files.announce(name, len(body))
        stored.content, stored.completed, stored.title, stored.owner = body, True, name, person.id
        stored.channels.append(channel.id)
        files = [file_json(self._world, stored)]
        message = self._world.post_as(person.id, channel.id, comment, files=files)
        return Typed(acked=True, ts=message.ts)
