"""Asks Slack whether tokens, scopes, channels and people are as the settings say; nothing is posted or opened."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.adapters.slack import web_client
from bot.adapters.slack_directory import SlackDirectory
from bot.adapters.slack_errors import NETWORK, code_of, from_slack
from bot.adapters.slack_scopes import SCOPES
from bot.domain.errors import AccessDenied, BadAnswer, NotFound, SfintError, Unreachable
from bot.domain.proof import Question, Spared

_SUBJECT = "slack"
_GROUPS_SCOPE = "usergroups:read"
_TIMEOUT = aiohttp.ClientTimeout(total=10.0, connect=5.0)
_REINSTALL = "add them under OAuth & Permissions (or use manifest.yml), and install the app again"


class SlackProofs:
    """Makes the questions; each asks for itself."""

    def __init__(self, web: AsyncWebClient, team_id: str) -> None:
        self._web = web
        self._team_id = team_id
        self._directory = SlackDirectory(web, team_id)

    def token(self) -> Question:
        """Whose token it is."""

        async def ask() -> str:
            who = await _answer(self._web.auth_test())
            if who.get("team_id") != self._team_id:
                raise AccessDenied(
                    f"the token belongs to workspace {who.get('team_id')} ({who.get('team')}), not {self._team_id}"
                )
            if not who.get("bot_id"):
                raise AccessDenied("the token is a person's, not a bot's")
            return f"{who.get('user')} in {who.get('team')}"

        return Question(
            _SUBJECT, "bot token", ask, "put the app's xoxb- token into slack.bot_token, check team_id"
        )

    def scopes(self) -> Question:
        """What the token may do, as Slack writes it on every answer."""

        async def ask() -> str:
            granted = await self._granted()
            if lacking := [f"{scope} ({why})" for scope, why in SCOPES.items() if scope not in granted]:
                raise AccessDenied(f"not granted: {', '.join(lacking)}")
            more = sorted(granted - set(SCOPES))
            return f"{len(SCOPES)} granted" + (f"; not needed: {', '.join(more)}" if more else "")

        return Question(_SUBJECT, "scopes", ask, _REINSTALL)

    def app_token(self, token: str) -> Question:
        """Slack makes an address for a socket that nobody opens."""

        async def ask() -> str:
            await _answer(self._web.apps_connections_open(app_token=token), "the app-level token")
            return "Slack made an address for a socket; none was opened"

        fix = (
            "make one with connections:write under Basic Information > App-Level Tokens, put it in slack.app_token"
        )
        return Question(_SUBJECT, "app token", ask, fix)

    def signing_secret(self) -> Question:
        """For signed requests, which only Slack can make."""

        async def ask() -> Spared:
            return Spared("only a request that Slack signs can prove it: type /sfint help")

        return Question(_SUBJECT, "signing secret", ask, "")

    def channel(self, channel_id: str, setting: str) -> Question:
        """Joined, and not shared with another company."""

        async def ask() -> str:
            try:
                answer = await _answer(self._web.conversations_info(channel=channel_id))
            except NotFound as error:
                raise NotFound("no such channel, or a private one that sfint was not invited to") from error
            channel = answer.get("channel") or {}
            name = f"#{channel.get('name')}"
            place = await self._directory.place(channel_id)
            if place.is_externally_shared:
                raise AccessDenied(f"{name} is shared with another company: sfint answers nothing there")
            if not place.is_joined:
                raise AccessDenied(f"sfint is not a member of {name}")
            return f"{name}, joined"

        fix = f"type /invite @sfint in the channel, or correct {setting}"
        return Question(_SUBJECT, f"channel {channel_id}", ask, fix)

    def people(self, user_ids: Sequence[str], setting: str) -> Question:
        """They exist, and are full members of this workspace."""

        async def problem(user_id: str) -> str:
            try:
                user = (await _answer(self._web.users_info(user=user_id))).get("user") or {}
            except NotFound:
                return f"{user_id} is nobody"
            actor = await self._directory.actor(user_id, self._team_id)
            if user.get("deleted"):
                return f"{user_id} ({user.get('name')}) is deactivated"
            if user.get("is_bot"):
                return f"{user_id} ({user.get('name')}) is a bot"
            if actor.team_id != self._team_id:
                return f"{user_id} ({user.get('name')}) belongs to another workspace"
            return f"{user_id} ({user.get('name')}) is a guest" if actor.is_guest else ""

        async def ask() -> str:
            found = await asyncio.gather(*(problem(user_id) for user_id in user_ids))
            if problems := [each for each in found if each]:
                raise AccessDenied("; ".join(problems))
            return f"{len(user_ids)} full members" if len(user_ids) > 1 else "a full member"

        return Question(_SUBJECT, f"people of {setting}", ask, f"correct {setting}: sfint obeys full members only")

    def group(self, group_id: str, setting: str) -> Question:
        """It exists; asked only where the scope was granted, since nothing else needs it."""

        async def ask() -> str | Spared:
            if _GROUPS_SCOPE not in await self._granted():
                return Spared(f"not asked: {_GROUPS_SCOPE} is not granted, and nothing else needs it")
            groups = (await _answer(self._web.usergroups_list())).get("usergroups") or []
            found = next((group for group in groups if group.get("id") == group_id), None)
            if found is None:
                raise NotFound(f"there is no user group {group_id}")
            return f"@{found.get('handle')}"

        return Question(_SUBJECT, f"user group {group_id}", ask, f"correct {setting}")

    async def _granted(self) -> frozenset[str]:
        headers = {name.lower(): value for name, value in (await _answer(self._web.auth_test())).headers.items()}
        if "x-oauth-scopes" not in headers:
            raise BadAnswer("Slack did not say which scopes the token has")
        return frozenset(each.strip() for each in headers["x-oauth-scopes"].split(",") if each.strip())


@asynccontextmanager
async def slack_proofs(bot_token: str, api_url: str, team_id: str) -> AsyncIterator[SlackProofs]:
    """With a session of its own; nothing is asked yet."""
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
        yield SlackProofs(web_client(session, bot_token, api_url), team_id)


async def _answer(call: Awaitable[AsyncSlackResponse], what: str = "the bot token") -> AsyncSlackResponse:
    try:
        return await call
    except SlackApiError as error:
        raise _refusal(error, what) from error
    except NETWORK as error:
        raise Unreachable("Slack could not be reached") from error


def _refusal(error: SlackApiError, what: str) -> SfintError:
    found = from_slack(error)
    match code_of(found):
        case "missing_scope":
            return AccessDenied(f"{what} lacks the scope {error.response.get('needed', '')}")
        case "invalid_auth" | "not_authed" | "token_revoked" | "token_expired" | "account_inactive" as code:
            return AccessDenied(f"{code}: Slack does not accept {what}")
        case "not_allowed_token_type":
            return AccessDenied(f"{what} is of another kind than wanted")
    return found
