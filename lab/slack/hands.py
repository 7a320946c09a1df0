"""What a person does at the screen, in one bundle for tests, rehearsals and the page."""

from __future__ import annotations

from lab.slack.clicks import Clicks
from lab.slack.composer import Composer
from lab.slack.delivery import Deliveries
from lab.slack.forms import Forms
from lab.slack.shortcuts import Shortcuts
from lab.slack.sight import Sight
from lab.slack.world import SlackWorld


class Hands:
    """The gestures; each raises ImpossibleGesture for what no screen offers."""

    def __init__(self, world: SlackWorld, deliveries: Deliveries, event_subscriptions: frozenset[str]) -> None:
        sight = Sight(world)
        clicks, forms = Clicks(world, deliveries, sight), Forms(world, deliveries, sight)
        self.type = Composer(world, deliveries, sight, event_subscriptions).type
        self.click, self.click_view = clicks.click, clicks.click_view
        shortcuts = Shortcuts(world, deliveries, sight)
        self.choose_shortcut, self.post_snippet = shortcuts.choose, shortcuts.post_snippet
        self.submit, self.close_view = forms.submit, forms.close_view
