"""Builds what talks to Slack: one HTTP session, one Web API client, the Bolt app and the way that leads to it."""

from __future__ import annotations

import ipaddress
import urllib.parse
import urllib.request
from dataclasses import dataclass

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack_errors import answer_of
from bot.adapters.slack_http import SignedHttp
from bot.adapters.slack_socket import SocketMode
from bot.adapters.user_agent import USER_AGENT

API_URL = "https://slack.com/api/"
_TIMEOUT = aiohttp.ClientTimeout(total=10.0, connect=5.0)


@dataclass(frozen=True, slots=True)
class OverSocket:
    """Slack is called: Socket Mode, no public address needed."""

    app_token: str


@dataclass(frozen=True, slots=True)
class OverHttp:
    """Slack calls: signed requests to this address, which a proxy with TLS publishes."""

    signing_secret: str
    host: str
    port: int
    path: str


@dataclass(frozen=True, slots=True)
class Slack:
    """What the composition root wires."""

    web: AsyncWebClient
    app: AsyncApp
    entrance: SocketMode | SignedHttp
    team_id: str
    bot_user_id: str
    session: aiohttp.ClientSession

    async def close(self) -> None:
        """Takes nothing more in, then closes the session; stop the sender before."""
        await self.entrance.stop()
        await self.session.close()


async def build_slack(*, bot_token: str, way: OverSocket | OverHttp, api_url: str = API_URL) -> Slack:
    """Asks auth.test once and builds the rest on its answer; connects nothing yet.

    Raises AccessDenied for a token that Slack does not know, Unreachable or RateLimited when it cannot be asked.
    """
    session = aiohttp.ClientSession(timeout=_TIMEOUT)
    try:
        return await _build(session, bot_token, way, api_url)
    except BaseException:
        await session.close()
        raise


def web_client(session: aiohttp.ClientSession, bot_token: str, api_url: str) -> AsyncWebClient:
    """The Web API on this session; nothing is asked yet."""
    # Only 429 is retried inside a call: repeating a lost answer there could post twice.
    web = AsyncWebClient(
        token=bot_token,
        base_url=api_url,
        session=session,
        retry_handlers=[AsyncRateLimitErrorRetryHandler()],
        user_agent_prefix=USER_AGENT,
    )
    if _needs_no_proxy(api_url):
        web.proxy = None
    return web


async def _build(
    session: aiohttp.ClientSession, bot_token: str, way: OverSocket | OverHttp, api_url: str
) -> Slack:
    web = web_client(session, bot_token, api_url)
    identity = await answer_of(web.auth_test())
    known = AuthorizeResult.from_auth_test_response(auth_test_response=identity, bot_token=bot_token)

    async def authorize(client: AsyncWebClient) -> AuthorizeResult:
        client.proxy = web.proxy  # Bolt makes a client a request, and that one has read HTTPS_PROXY again
        return known

    web.token = None  # the app takes it from `authorize`; two sources would be one too many
    app = AsyncApp(
        name="sfint",
        client=web,
        authorize=authorize,
        process_before_response=True,
        request_verification_enabled=False,  # SignedHttp has verified, and a socket is trusted by its address
        ssl_check_enabled=False,
    )
    web.token = bot_token
    entrance = _entrance(way, app, web, session)
    return Slack(web, app, entrance, str(identity["team_id"]), str(identity["user_id"]), session)


def _entrance(
    way: OverSocket | OverHttp, app: AsyncApp, web: AsyncWebClient, session: aiohttp.ClientSession
) -> SocketMode | SignedHttp:
    match way:
        case OverSocket(app_token):
            return SocketMode(app, web, session, app_token)
        case OverHttp(signing_secret, host, port, path):
            return SignedHttp(app, signing_secret, host, port, path)


def _needs_no_proxy(url: str) -> bool:
    """The SDK heeds HTTPS_PROXY and not NO_PROXY."""
    host = urllib.parse.urlsplit(url).hostname or ""
    try:
        if ipaddress.ip_address(host).is_loopback:
            return True
    except ValueError:
        if host == "localhost":
            return True
    return bool(urllib.request.proxy_bypass(host))
