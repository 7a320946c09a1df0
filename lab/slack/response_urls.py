"""The endpoint behind response_url, and what an answer through it does to the channel."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from lab.slack.blocks import check_message_blocks
from lab.slack.errors import Json, SlackError
from lab.slack.tickets import ResponseUrl
from lab.slack.world import SlackWorld


class ResponseEndpoint:
    """Serves `/commands/…`, `/actions/…` and `/app/…` (shortcuts); needs no token, the address is the secret."""

    def __init__(self, world: SlackWorld) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """What the server has to mount."""
        return [web.post("/{kind:commands|actions|app}/{rest:.+}", self._serve)]

    async def _serve(self, request: web.Request) -> web.Response:
        path = f"{request.match_info['kind']}/{request.match_info['rest']}"
        try:
            where = self._world.response_urls.use(path)
            answer_through(self._world, where, _parse(await request.text()))
        except SlackError as refused:
            status = 404 if refused.code in {"used_url", "expired_url", "invalid_url"} else 400
            return web.json_response(refused.body(), status=status)
        return web.Response(text="ok")


def _parse(body: str) -> Json:
    try:
        said = json.loads(body)
    except ValueError as wrong:
        raise SlackError("invalid_payload") from wrong
    if not isinstance(said, dict):
        raise SlackError("invalid_payload")
    return said


def answer_through(world: SlackWorld, where: ResponseUrl, said: Json) -> None:
    """Post, replace or delete; ephemeral unless the answer says `in_channel`."""
    original = _original(world, where)
    if said.get("delete_original"):
        if original is None:
            raise SlackError("message_not_found")
        world.messages.delete(original)
        return
    blocks = check_message_blocks(said["blocks"]) if said.get("blocks") else []
    text: Any = said.get("text") or ""
    if not text and not blocks:
        raise SlackError("no_text")
    if said.get("replace_original") and original is not None:
        world.messages.edit(original, text=str(text), blocks=blocks, metadata=original.metadata)
        return
    world.post_as_bot(
        where.channel,
        str(text),
        blocks=blocks,
        thread_ts=said.get("thread_ts"),
        ephemeral_to=None if said.get("response_type") == "in_channel" else where.person,
    )


def _original(world: SlackWorld, where: ResponseUrl) -> Any:
    return world.messages.find(where.channel, where.message_ts) if where.message_ts else None
