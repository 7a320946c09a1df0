"""Messaging for In-App and Web on loopback: a visitor's token, a conversation, and the event stream's refusals."""

from __future__ import annotations

import json
import secrets
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import jwt
from aiohttp import web

from lab.estate.stand_in import HttpStandIn

_API = "/iamessage/api/v2"
TOKEN_PATH = f"{_API}/authorization/unauthenticated/access-token"
_TOKEN_LIFE = timedelta(hours=6)


class EnhancedChatStandIn(HttpStandIn):
    """`url` is the org's `*.my.salesforce-scrt.com` host; `conversations` are id -> the body that began it.

    The words of its errors are a guess: only their statuses are documented.
    """

    def __init__(
        self,
        organization_id: str = "00DACME00000001",
        es_developer_name: str = "Acme_Web_Chat",
        host: str = "127.0.0.1",
    ) -> None:
        super().__init__(host)
        self.organization_id, self.es_developer_name = organization_id, es_developer_name
        self.conversations: dict[str, Mapping[str, object]] = {}
        self.tokens: list[str] = []
        self._secret = secrets.token_bytes(32)

    def routes(self) -> list[web.RouteDef]:
        """Token, conversation, events."""
        return [
            web.post(TOKEN_PATH, self._token),
            web.post(f"{_API}/conversation", self._begin),
            web.get("/eventrouter/v1/sse", self._events),
        ]

    async def _token(self, request: web.Request) -> web.Response:
        body = await _document(request)
        for name in ("orgId", "esDeveloperName", "capabilitiesVersion", "platform"):
            if not isinstance(body.get(name), str) or not body[name]:
                return _error(400, f"{name} is required")
        if str(body["orgId"])[:15] != self.organization_id[:15]:
            return _error(400, "Invalid organization")
        if body["esDeveloperName"] != self.es_developer_name:
            return _error(404, "Embedded service deployment was not found")
        now = datetime.now(UTC)
        claims = {
            "iss": "iamessage",
            "sub": f"v2/iamessage/UNAUTH/{uuid.uuid4()}",
            "iat": now,
            "exp": now + _TOKEN_LIFE,
        }
        token = jwt.encode(claims, self._secret, algorithm="HS256")
        self.tokens.append(token)
        deployment = {"name": self.es_developer_name, "deploymentType": "Web"}
        configuration = {"embeddedServiceConfig": deployment, "timestamp": int(time.time() * 1000)}
        context = {"configuration": configuration, "deviceId": str(uuid.uuid4())}
        return web.json_response({"accessToken": token, "lastEventId": "0", "context": context})

    async def _begin(self, request: web.Request) -> web.Response:
        if not self._is_known(request):
            return _error(401, "Invalid or expired access token")
        body = await _document(request)
        identifier = str(body.get("conversationId", ""))
        try:
            uuid.UUID(identifier)
        except ValueError:
            return _error(400, "conversationId must be a UUID")
        if body.get("esDeveloperName") != self.es_developer_name:
            return _error(404, "Embedded service deployment was not found")
        if identifier in self.conversations:
            return _error(409, "The conversation exists already")
        self.conversations[identifier] = body
        return web.Response(status=201)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        if not self._is_known(request):
            return _error(401, "Invalid or expired access token")
        if not request.headers.get("X-Org-Id"):
            return _error(400, "X-Org-Id is required")
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        await stream.write(b"event: ping\ndata: {}\n\n")
        return stream

    def _is_known(self, request: web.Request) -> bool:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return False
        try:
            jwt.decode(token, self._secret, algorithms=["HS256"])
        except jwt.InvalidTokenError:
            return False
        return True


async def _document(request: web.Request) -> Mapping[str, object]:
    try:
        document = json.loads(await request.text())
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise web.HTTPBadRequest(
            text=json.dumps({"code": 400, "message": "Malformed JSON"}), content_type="application/json"
        )
    return document


def _error(status: int, message: str) -> web.Response:
    return web.json_response({"code": status, "message": message}, status=status)
