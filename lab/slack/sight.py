"""What a person can see and reach: whatever is not there raises ImpossibleGesture."""

from __future__ import annotations

from lab.slack.errors import ImpossibleGesture, Json
from lab.slack.messages import StoredMessage
from lab.slack.views import OpenView
from lab.slack.workspace import Channel, Person
from lab.slack.world import SlackWorld


class Sight:
    """Looks things up on behalf of a person."""

    def __init__(self, world: SlackWorld) -> None:
        self._world = world

    def person(self, person_id: str) -> Person:
        """Somebody, by id."""
        person = self._world.person(person_id)
        if person is None:
            raise ImpossibleGesture(f"nobody has the id {person_id}")
        return person

    def channel(self, channel_id: str) -> Channel:
        """A channel, by id or name; who is not a member may still look in."""
        channel = self._world.channel(channel_id)
        if channel is None:
            raise ImpossibleGesture(f"there is no channel {channel_id}")
        return channel

    def message(self, person: Person, channel: Channel, ts: str) -> StoredMessage:
        """A message that this person has on the screen."""
        message = self._world.messages.find(channel.id, ts)
        if message is None or not message.is_visible_to(person.id):
            raise ImpossibleGesture(f"{person.name} sees no message {ts} in #{channel.name}")
        return message

    def view(self, person: Person, view_id: str) -> OpenView:
        """A modal or home tab that this person has open."""
        home = self._world.views.home(person.id)
        for one in [*self._world.views.stack(person.id), *([home] if home else [])]:
            if one.id == view_id:
                return one
        raise ImpossibleGesture(f"{person.name} has no open view {view_id}")

    def element(self, blocks: list[Json], action_id: str, block_id: str | None = None) -> tuple[Json, str]:
        """An interactive element and the id of its block."""
        for block in blocks:
            if block_id is not None and block.get("block_id") != block_id:
                continue
            for element in [*block.get("elements", []), block.get("accessory"), block.get("element")]:
                if isinstance(element, dict) and element.get("action_id") == action_id:
                    return element, str(block.get("block_id", ""))
        raise ImpossibleGesture(f"nothing here has the action_id {action_id!r}")
