"""Signed HTTP: what Slack posts is read within limits, verified, handed to the Bolt app, and acknowledged."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from bot.adapters.http_server import HttpServer

_log = structlog.get_logger(__name__)
_MOST_BYTES = 1024 * 1024
_READ_SECONDS = 2.5
"""For the whole body; Slack gives up on its answer after 3 s."""
_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")
_MOST_SKEW_SECONDS = 300
"""What Slack asks for; SignatureVerifier refuses beyond it."""
_SSL_CHECK = b"ssl_check=1"


class SignedHttp:
    """One address for commands, clicks and forms. Nothing of a request is parsed before its signature is proved.

    Contract: Slack, "Verifying requests from Slack" (v0 HMAC-SHA256 over the raw body, 300 s, constant time).
    """

    def __init__(self, app: AsyncApp, signing_secret: str, host: str, port: int, path: str) -> None:
        self._app = app
        self._verifier = SignatureVerifier(signing_secret)
        routes = [Route(path, self._receive, methods=["POST"]), Route(path, _certificate_check, methods=["GET"])]
        self._server = HttpServer(Starlette(routes=routes), host, port)

    @property
    def is_connected(self) -> bool:
        """True while requests are taken; part of /readyz."""
        return self._server.is_listening

    async def start(self) -> None:
        """Listens. Raises Unreachable when the address cannot be had."""
        _log.info("listening for Slack", port=await self._server.start())

    async def stop(self) -> None:
        """Takes in nothing more and lets what arrived be acknowledged."""
        await self._server.stop()

    async def _receive(self, request: Request) -> Response:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in (_FORM, _JSON):
            return _refusal(415)
        body = await _read(request)
        if isinstance(body, Response):
            return body
        if _SSL_CHECK in body.split(b"&"):
            return Response()
        if not self._is_signed(request.headers, body):
            return _refusal(401)
        return await self._dispatch(kind, body)

    def _is_signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        timestamp = headers.get("x-slack-request-timestamp", "")
        signature = headers.get("x-slack-signature", "")
        # The library raises for what is no number, no ASCII and no UTF-8.
        if _TIMESTAMP.fullmatch(timestamp) and _SIGNATURE.fullmatch(signature) and _is_text(body):
            if self._verifier.is_valid(body, timestamp, signature):
                return True
            skew = round(time.time() - int(timestamp))
            if abs(skew) > _MOST_SKEW_SECONDS:
                _log.warning("a request was refused: sent again, or the clock here is wrong", skew_seconds=skew)
                return False
        _log.warning("a request was refused: it is not signed with slack.signing_secret")
        return False

    async def _dispatch(self, kind: str, body: bytes) -> Response:
        # Only the content type goes in: other headers are not signed, and Bolt acts upon some of its own.
        try:
            request = AsyncBoltRequest(body=body.decode(), headers={"content-type": kind})
        except (ValueError, TypeError, AttributeError):
            _log.warning("a signed request could not be read", content_type=kind)
            return _refusal(400)
        answer = await self._app.async_dispatch(request)
        if answer.status != 200:
            _log.warning("a request was not acknowledged", status=answer.status)
        return Response(answer.body, answer.status, answer.first_headers())


async def _certificate_check(request: Request) -> Response:
    """Slack looks at the certificate from time to time, by GET with ssl_check=1."""
    if request.query_params.get("ssl_check") == "1":
        return Response()
    return Response(status_code=405, headers={"allow": "POST"})


async def _read(request: Request) -> bytes | Response:
    """The whole body, or the refusal of one that is too long or too slow; it is never kept beyond the limit."""
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or int(announced) > _MOST_BYTES:
        return _refusal(413)
    body = bytearray()
    try:
        async with asyncio.timeout(_READ_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > _MOST_BYTES:
                    return _refusal(413)
    except TimeoutError:
        return _refusal(408)
    except ClientDisconnect:
        return _refusal(400)
    return bytes(body)


def _refusal(status: int) -> Response:
    """Says no more than the status, and ends the connection: what else comes on it is not worth reading."""
    return Response(status_code=status, headers={"connection": "close"})


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
