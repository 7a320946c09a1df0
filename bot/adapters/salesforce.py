"""Salesforce: one token by the target's OAuth flow and one REST call, without ever risking the account."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace

import httpx

from bot.adapters.http_door import WIRE_ERRORS, HttpDoor, host_of
from bot.adapters.salesforce_credentials import (
    MASK,
    ClientCredentialsLogin,
    JwtBearerLogin,
    SalesforceCredentials,
    SalesforceLogin,
)
from bot.adapters.salesforce_limits import LoginLimiter, LoginLimits
from bot.adapters.salesforce_query import read, read_query
from bot.domain.crm_query import QueryAnswer, QueryVerdict
from bot.domain.salesforce import CallAnswer, CallVerdict, TokenAnswer, TokenVerdict
from bot.domain.salesforce_answers import CallReading, TokenReading, classify_call, classify_token
from bot.ports.clock import Clock
from bot.ports.logins import LoginBook

__all__ = [
    "ClientCredentialsLogin",
    "JwtBearerLogin",
    "LoginLimits",
    "SalesforceCredentials",
    "SalesforceCrm",
    "SalesforceLogin",
]


class SalesforceCrm:
    """Implements `bot.ports.crm.Crm`. Close it with `aclose`; deadlines are in seconds, each for one request."""

    def __init__(
        self,
        credentials: SalesforceLogin,
        *,
        target: str,
        book: LoginBook,
        clock: Clock,
        limits: LoginLimits | None = None,
        api_version: str = "66.0",
        deadline_seconds: float = 5.0,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._credentials = credentials
        self._clock = clock
        self._limits = limits or LoginLimits()
        self._limiter = LoginLimiter(book, clock, self._limits, target, credentials.fingerprint)
        self._base_path = f"/services/data/{_version(api_version)}"
        self._door = HttpDoor(deadline_seconds, http)
        self._flight: asyncio.Task[TokenAnswer] | None = None
        self._last: tuple[TokenAnswer, float] | None = None

    async def aclose(self) -> None:
        """Ends a log-in that is under way and closes the connections."""
        if self._flight is not None:
            self._flight.cancel()
            with suppress(asyncio.CancelledError):
                await self._flight
        await self._door.aclose()

    async def log_in(self) -> TokenAnswer:
        """One token request, shared by all who ask meanwhile; from memory where asking could lock the account.

        A remembered answer tells its age in `asked_seconds_ago`, and when held back also `retry_after_seconds`.
        """
        if self._flight is None or self._flight.done():
            self._flight = asyncio.create_task(self._log_in())
        # Shielded: a check that runs out of time must not cut the request that the others wait for.
        return await asyncio.shield(self._flight)

    async def call(self, answer: TokenAnswer) -> CallAnswer:
        """`GET …/limits` with the token of `answer`; an empty one too: only so INVALID_AUTH_HEADER is seen."""
        if answer.token is None:
            return CallAnswer(CallVerdict.NOT_ASKED)
        token = answer.token.reveal()
        began = self._clock.monotonic()
        status, reading = await self._read_limits(answer.instance_url or self._credentials.login_url, token)
        if reading.verdict is CallVerdict.INVALID_SESSION:
            self._forget(answer)
        return CallAnswer(
            verdict=reading.verdict,
            status=status,
            error_code=reading.error_code,
            message=self._masked(reading.message, token),
            requests_left=reading.requests_left,
            requests_max=reading.requests_max,
            seconds=self._clock.monotonic() - began,
        )

    async def query(self, soql: str) -> QueryAnswer:
        """All pages of one query within one deadline; a session that has ended is renewed once, if we may."""
        answer = await self._query(soql)
        if answer.verdict is QueryVerdict.INVALID_SESSION:
            answer = await self._query(soql)
        return answer

    async def _query(self, soql: str) -> QueryAnswer:
        log_in = await self.log_in()
        if log_in.token is None:
            return QueryAnswer(QueryVerdict.NOT_ASKED, token=log_in)
        began, token = self._clock.monotonic(), log_in.token.reveal()
        base = log_in.instance_url or self._credentials.login_url
        answer = await read_query(self._door, base, token, self._base_path, soql)
        if answer.verdict is QueryVerdict.INVALID_SESSION:
            self._forget(log_in)
        seconds = self._clock.monotonic() - began
        return replace(answer, message=self._masked(answer.message, token), seconds=seconds, token=log_in)

    def _forget(self, answer: TokenAnswer) -> None:
        """So that the next log-in brings a fresh token, unless somebody has brought one already."""
        if self._last is not None and self._last[0].token is answer.token:
            self._last = None

    def _masked(self, text: str, token: str) -> str:
        return self._credentials.masked(text.replace(token, MASK) if token else text)

    async def _read_limits(self, base: str, token: str) -> tuple[int, CallReading]:
        try:
            reply = await read(self._door, base, f"{self._base_path}/limits", token)
        except WIRE_ERRORS as error:
            return 0, CallReading(CallVerdict.UNREACHABLE, "", self._words(base, error))
        usage = reply.headers.get("sforce-limit-info", "")
        return reply.status, classify_call(reply.status, reply.content_type, reply.body, usage)

    async def _log_in(self) -> TokenAnswer:
        remembered = self._remembered()
        is_good = remembered is not None and remembered.verdict in (TokenVerdict.OK, TokenVerdict.EMPTY)
        if remembered is not None and is_good and remembered.asked_seconds_ago <= self._limits.reuse_seconds:
            return remembered
        wait = await self._limiter.wait_seconds()
        if wait > 0:
            held = remembered or TokenAnswer(TokenVerdict.HELD_BACK, host=self._host, flow=self._credentials.flow)
            return replace(held, retry_after_seconds=wait)
        answer = await self._request_token()
        self._last = (answer, self._clock.monotonic())
        return answer

    def _remembered(self) -> TokenAnswer | None:
        if self._last is None:
            return None
        answer, asked_at = self._last
        # Above zero even at once, since that is what says "from memory".
        return replace(answer, asked_seconds_ago=max(0.001, self._clock.monotonic() - asked_at))

    async def _request_token(self) -> TokenAnswer:
        url = self._credentials.login_url.rstrip("/") + "/services/oauth2/token"
        began = self._clock.monotonic()
        status, was_judged = 0, True
        try:
            reply = await self._door.send("POST", url, form=self._credentials.form(self._clock.now()))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            reading, was_judged = self._not_reached(error), False
        except WIRE_ERRORS as error:
            # It may have arrived, and a bad password may have been counted.
            reading = self._not_reached(error)
        else:
            status = reply.status
            reading = classify_token(status, reply.content_type, reply.body)
            was_judged = reading.verdict not in (TokenVerdict.UNREACHABLE, TokenVerdict.UNREADABLE)
        await self._limiter.note(reading.verdict, was_judged)
        return self._answer(status, reading, self._clock.monotonic() - began)

    def _answer(self, status: int, reading: TokenReading, seconds: float) -> TokenAnswer:
        return TokenAnswer(
            verdict=reading.verdict,
            status=status,
            error=self._credentials.masked(reading.error),
            description=self._credentials.masked(reading.description),
            host=self._host,
            instance_url=reading.instance_url,
            token=reading.token,
            seconds=seconds,
            flow=self._credentials.flow,
        )

    @property
    def _host(self) -> str:
        return host_of(self._credentials.login_url)

    def _not_reached(self, error: Exception) -> TokenReading:
        words = self._words(self._credentials.login_url, error)
        return TokenReading(TokenVerdict.UNREACHABLE, "", words)

    def _words(self, url: str, error: Exception) -> str:
        return self._credentials.masked(self._door.words(url, error))


def _version(text: str) -> str:
    """`52`, `52.0` and `v52.0` are all taken."""
    number = text.strip().removeprefix("v")
    return f"v{number}" if "." in number else f"v{number}.0"
