"""Clicks on buttons and choices in menus, in messages and in views."""

from __future__ import annotations

from lab.slack import payloads
from lab.slack.delivery import Deliveries
from lab.slack.form_values import chosen_value, initial_values
from lab.slack.outcomes import Clicked
from lab.slack.sight import Sight
from lab.slack.world import SlackWorld


class Clicks:
    """Where a person clicks."""

    def __init__(self, world: SlackWorld, deliveries: Deliveries, sight: Sight) -> None:
        self._world = world
        self._deliveries = deliveries
        self._sight = sight

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
        person, channel = self._sight.person(person_id), self._sight.channel(channel_id)
        message = self._sight.message(person, channel, message_ts)
        element, found_block = self._sight.element(message.blocks, action_id, block_id)
        choice = chosen_value(element, chosen) if chosen is not None else {}
        trigger_id = world.triggers.make(person.id)
        path = world.response_urls.make(
            "actions", team=world.workspace.team_id, person=person.id, channel=channel.id, message_ts=message.ts
        )
        response_url = world.base_url + path
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
        world, person = self._world, self._sight.person(person_id)
        found = self._sight.view(person, view_id)
        element, block_id = self._sight.element(found.view["blocks"], action_id)
        choice = chosen_value(element, chosen) if chosen is not None else {}
        trigger_id = world.triggers.make(person.id)
        action = payloads.action_of(world, element, block_id, choice)
        payload = payloads.view_actions(world, person, found, action, trigger_id=trigger_id)
        delivery, answer = await self._deliveries.send("interactive", payload)
        return Clicked(answer.acked, answer.error, delivery.id, trigger_id)
