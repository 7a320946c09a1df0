"""The HTTP side of the middleware: connect a chat, tell health."""

from __future__ import annotations

import json

from aiohttp import web

from lab.estate.middleware import jwt, log
from lab.estate.middleware.chats import ChatRefused, ChatRequest, Chats
from lab.estate.middleware.trace import tracer

CONNECT_PATH = "/v1/chats/connect"


def application(chats: Chats, jwt_secret: str) -> web.Application:
    """The routes."""

    async def health(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def connect(request: web.Request) -> web.Response:
        with tracer.span("http.request", f"POST {CONNECT_PATH}", kind="web", is_root=True) as span:
            response = await answer(request)
            span.tag(http__method="POST", http__url=CONNECT_PATH, http__status_code=response.status)
            if response.status >= 500:
                problem = json.loads(response.text or "{}")
                span.fail(str(problem.get("message")), error__details=problem.get("details"))
            return response

    async def answer(request: web.Request) -> web.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if not jwt.is_valid(jwt_secret, token):
            return _problem(401, "Unauthorized", "invalid or expired jwt")
        try:
            wanted = _chat_request(await request.json())
        except (ValueError, KeyError, TypeError) as error:
            return _problem(400, "Bad Request", f"invalid payload : {error}")
        try:
            chat = await chats.connect(wanted)
        except ChatRefused as refusal:
            log.error(
                "500: Internal Server Error",
                details=str(refusal),
                error=str(refusal),
                path=CONNECT_PATH,
                userID=wanted.user_id,
            )
            return _problem(500, "Internal Server Error", str(refusal))
        log.info("Chat created succefully", userID=chat.user_id)
        return web.json_response({"message": "Chat created succefully"})

    app = web.Application()
    app.router.add_get("/health", health)
    app.router.add_post(CONNECT_PATH, connect)
    return app


def _chat_request(body: dict[str, object]) -> ChatRequest:
    return ChatRequest(
        user_id=str(body["userID"]),
        client=str(body["client"]),
        name=str(body.get("name", "")),
        email=str(body.get("email", "")),
        phone=str(body.get("phoneNumber", "")),
    )


def _problem(status: int, words: str, details: str) -> web.Response:
    return web.json_response({"message": f"{status}: {words}", "details": details}, status=status)
