"""The Slack stand-in as others use it: start it, point a bot at it, be its people."""

from __future__ import annotations

import time
from collections.abc import Callable

from aiohttp import web

from lab.slack.delivery import Answer, Carrier, Deliveries
from lab.slack.delivery.signed_http import SignedHttp
from lab.slack.delivery.socket_mode import SocketMode
from lab.slack.faults import Faults
from lab.slack.hands import Hands
from lab.slack.identity import ALL_SCOPES, AppIdentity
from lab.slack.messages import Clock, StoredMessage
from lab.slack.outcomes import Clicked, Submitted, Typed
from lab.slack.page.routes import Page
from lab.slack.rate_limits import RateLimits
from lab.slack.response_urls import ResponseEndpoint
from lab.slack.uploads import Uploads
from lab.slack.views import OpenView
from lab.slack.web_api import WebApi
from lab.slack.workspace import Workspace
from lab.slack.world import ApiCall, SlackWorld


class SlackStandIn:
    """A workspace on loopback. With `http_request_url` it posts signed requests, else it speaks Socket Mode."""

    def __init__(
        self,
        workspace: Workspace,
        *,
        clock: Clock = time.time,
        http_request_url: str | None = None,
        limits: RateLimits | None = None,
        scopes: frozenset[str] = ALL_SCOPES,
        ack_seconds: float = 3.0,
        identity: AppIdentity | None = None,
        event_subscriptions: frozenset[str] = frozenset({"app_mention"}),
    ) -> None:
        self.world = SlackWorld(
            workspace, clock, identity=identity or AppIdentity(scopes=scopes), limits=limits or RateLimits()
        )
        self.sockets = SocketMode(self.world)
        self.signed_http = SignedHttp(self.world, http_request_url) if http_request_url else None
        carrier: Carrier = self.signed_http or self.sockets
        self.deliveries = Deliveries(carrier, self.world.faults, ack_seconds=ack_seconds)
        self.hands = Hands(self.world, self.deliveries, event_subscriptions)
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> None:
        """Listen on loopback, on a free port unless told."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        page = Page(self.world, self.hands)
        for part in (WebApi(self.world), self.sockets, ResponseEndpoint(self.world), Uploads(self.world), page):
            app.add_routes(part.routes())
        app.on_shutdown.append(page.shut_down)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.world.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/"

    async def stop(self) -> None:
        """Close everything; what is under way is dropped."""
        self.world.stop()
        await self.deliveries.stop()
        await self.sockets.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def page_url(self) -> str:
        """Where a person sits."""
        return self.world.base_url

    @property
    def api_url(self) -> str:
        """The `base_url` of a slack_sdk client."""
        return self.world.base_url + "api/"

    @property
    def bot_token(self) -> str:
        """The bot's token (xoxb-)."""
        return self.world.identity.bot_token

    @property
    def app_token(self) -> str:
        """The app-level token that opens sockets (xapp-)."""
        return self.world.identity.app_token

    @property
    def signing_secret(self) -> str:
        """What signed requests are signed with."""
        return self.world.identity.signing_secret

    @property
    def faults(self) -> Faults:
        """Switches for trouble."""
        return self.world.faults

    @property
    def requests(self) -> list[ApiCall]:
        """Every call of the Web API so far."""
        return self.world.requests

    async def type(self, person_id: str, channel_id: str, text: str, *, thread_ts: str | None = None) -> Typed:
        """See Composer.type."""
        return await self.hands.type(person_id, channel_id, text, thread_ts=thread_ts)

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
        """See Clicks.click."""
        return await self.hands.click(
            person_id, channel_id, message_ts, action_id, block_id=block_id, chosen=chosen
        )

    async def choose_shortcut(self, person_id: str, channel_id: str, message_ts: str, callback_id: str) -> Clicked:
        """See Shortcuts.choose."""
        return await self.hands.choose_shortcut(person_id, channel_id, message_ts, callback_id)

    async def post_snippet(
        self, person_id: str, channel_id: str, name: str, content: str | bytes, *, comment: str = ""
    ) -> Typed:
        """See Shortcuts.post_snippet."""
        return await self.hands.post_snippet(person_id, channel_id, name, content, comment=comment)

    async def submit(self, person_id: str, view_id: str, values: dict[str, dict[str, str]]) -> Submitted:
        """See Forms.submit."""
        return await self.hands.submit(person_id, view_id, values)

    async def close_view(self, person_id: str, view_id: str) -> None:
        """See Forms.close_view."""
        await self.hands.close_view(person_id, view_id)

    def messages(self, channel_id: str, *, viewer: str | None = None) -> list[StoredMessage]:
        """What a viewer has on the screen, threads included; without a viewer the record, deleted ones too."""
        channel = self.world.channel(channel_id)
        found = self.world.messages.all(channel.id) if channel else []
        return [message for message in found if message.is_visible_to(viewer)]

    def open_views(self, person_id: str) -> list[OpenView]:
        """The modals on a person's screen, the lowest first; `.view` is what the app sent, `.id` names it."""
        return self.world.views.stack(person_id)

    async def wait_for(
        self, predicate: Callable[[StoredMessage], bool], *, channel_id: str, timeout: float
    ) -> StoredMessage:
        """The first message, present or future, that fits; seconds; TimeoutError tells what was there instead."""
        channel = self.world.channel(channel_id)
        where = channel.id if channel else channel_id
        return await self.world.messages.wait_for(predicate, channel=where, timeout_seconds=timeout)

    async def wait_for_view(self, person_id: str, *, timeout: float) -> OpenView:
        """The topmost modal of a person, as soon as there is one."""
        return await self.world.views.wait_open(person_id, timeout_seconds=timeout)

    async def wait_connected(self, timeout: float) -> None:
        """Return when the bot has a socket open."""
        await self.sockets.wait_connected(timeout)

    def edit_usergroup(self, group_id: str, users: list[str]) -> None:
        """Give a user group other members, as an administrator does; its update time changes."""
        self.world.edit_usergroup(group_id, users)

    async def deliver_again(self, delivery_id: str, times: int) -> list[Answer]:
        """Send a recorded payload again, all copies at once, as proxies and retries do."""
        return await self.deliveries.again(delivery_id, times)
