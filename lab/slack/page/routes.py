"""The page's addresses: the document, its live stream, and what its buttons post."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aiohttp import web

from lab.slack.changes import Change
from lab.slack.errors import ImpossibleGesture, Json
from lab.slack.hands import Hands
from lab.slack.page.hints import HINTS
from lab.slack.page.render import Renderer, initials
from lab.slack.workspace import Channel, Person
from lab.slack.world import SlackWorld

_ASSETS = Path(__file__).parent
KEEP_ALIVE_SECONDS = 15.0
_DOCUMENT_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: https:",
}


class Page:
    """A chat client in a browser; the person is chosen by `?as=`, the place by `?channel=` and `?thread=`."""

    def __init__(self, world: SlackWorld, hands: Hands) -> None:
        self._world = world
        self._hands = hands
        self._renderer = Renderer(world)
        self._streams: set[asyncio.Task[Any]] = set()

    def routes(self) -> list[web.RouteDef]:
        """What the server has to mount."""
        return [
            web.get("/", self._document),
            web.get("/page/events", self._events),
            web.get("/page/files/{file_id}", self._file),
            *[web.get(f"/page/{name}", self._asset) for name in ("app.js", "style.css")],
            *[web.post(f"/page/{name}", self._gesture(act)) for name, act in self._gestures().items()],
        ]

    async def shut_down(self, _app: web.Application) -> None:
        """End the live streams."""
        for stream in self._streams:
            stream.cancel()

    async def _document(self, request: web.Request) -> web.Response:
        person, channel = self._who(request), self._where(request)
        thread_ts = request.query.get("thread", "")
        people = [{"person": one, "initials": initials(one.real_name), "colour": self._renderer.colour(one.id)}
                  for one in self._world.workspace.people]  # fmt: skip
        text = self._renderer.whole_page(
            people=people,
            me=person,
            channel=channel,
            at_home=request.query.get("channel") == "home",
            home=self._world.views.home(person.id),
            channels=[one for one in self._world.channels if not one.is_im or person.id in one.members],
            bot_is_here=channel.id in self._world.bot_channels,
            timeline=self._renderer.timeline(channel, person),
            thread_ts=thread_ts,
            thread=self._renderer.thread(channel, thread_ts, person) if thread_ts else [],
            modal=self._renderer.modal(self._world.views.stack(person.id)),
            hints=HINTS,
            revision=self._world.changes.revision,
        )
        return web.Response(text=text, content_type="text/html", headers=_DOCUMENT_HEADERS)

    def _who(self, request: web.Request) -> Person:
        wanted = self._world.person(request.query.get("as", ""))
        return wanted if wanted and not wanted.is_bot else self._world.workspace.people[0]

    def _where(self, request: web.Request) -> Channel:
        return self._world.channel(request.query.get("channel", "")) or self._world.workspace.channels[0]

    async def _asset(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(_ASSETS / request.path.rpartition("/")[2], headers={"Cache-Control": "no-store"})

    async def _file(self, request: web.Request) -> web.Response:
        stored = self._world.files.get(request.match_info["file_id"])
        if stored is None or stored.content is None or not stored.completed:
            raise web.HTTPNotFound
        return web.Response(body=stored.content, content_type="text/plain", charset="utf-8")

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events; the id of each is a revision, so that a reconnecting page misses nothing."""
        person = self._who(request)
        revision = int(request.headers.get("Last-Event-ID") or request.query.get("since") or 0)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        task = asyncio.current_task()
        assert task is not None
        self._streams.add(task)
        try:
            await self._stream(response, person, revision)
        except (ConnectionError, asyncio.CancelledError):
            return response
        finally:
            self._streams.discard(task)
        return response

    async def _stream(self, response: web.StreamResponse, person: Person, revision: int) -> None:
        if revision > self._world.changes.revision:
            # The page is older than this world: it has to start over.
            await response.write(f"data: {json.dumps({'kind': 'places'})}\n\n".encode())
            revision = self._world.changes.revision
        while True:
            for change in self._world.changes.since(revision):
                revision += 1
                event = self._event(change, person)
                if event is not None:
                    await response.write(f"id: {revision}\ndata: {json.dumps(event)}\n\n".encode())
            try:
                async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                    await self._world.changes.wait_beyond(revision)
            except TimeoutError:
                await response.write(b": still here\n\n")

    def _event(self, change: Change, person: Person) -> Json | None:
        if change.kind == "places":
            return {"kind": "places"}
        if change.kind == "views":
            stack = self._world.views.stack(person.id)
            return {"kind": "views", "html": self._renderer.modal(stack)} if change.person == person.id else None
        found = next((one for one in self._world.messages.all(change.channel) if one.ts == change.ts), None)
        if found is None or (found.ephemeral_to not in (None, person.id)):
            return None
        return {
            "kind": "message",
            "channel": found.channel,
            "ts": found.ts,
            "thread_ts": found.thread_ts if found.is_reply else found.ts,
            "in_channel": not found.is_reply or found.broadcast,
            "html": "" if found.deleted else self._renderer.message(found),
            "thread_html": "" if found.deleted else self._renderer.message(found, in_thread=True),
        }

    def _gestures(self) -> dict[str, Callable[[Json], Awaitable[object]]]:
        hands = self._hands
        return {
            "type": lambda said: hands.type(
                said["as"], said["channel"], said["text"], thread_ts=said.get("thread")
            ),
            "click": lambda said: hands.click(
                said["as"], said["channel"], said["ts"], said["action_id"], block_id=said.get("block_id"),
                chosen=said.get("chosen"),
            ),
            "shortcut": lambda said: hands.choose_shortcut(
                said["as"], said["channel"], said["ts"], said["callback_id"]
            ),
            "snippet": lambda said: hands.post_snippet(
                said["as"], said["channel"], said["name"] or "snippet.txt", said["content"]
            ),
            "click-view": lambda said: hands.click_view(
                said["as"], said["view_id"], said["action_id"], chosen=said.get("chosen")
            ),
            "submit": lambda said: hands.submit(said["as"], said["view_id"], said["values"]),
            "close-view": lambda said: hands.close_view(said["as"], said["view_id"]),
        }  # fmt: skip

    def _gesture(
        self, act: Callable[[Json], Awaitable[object]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            # Only JSON: a foreign page cannot send that here without asking first.
            if request.content_type != "application/json":
                raise web.HTTPUnsupportedMediaType
            try:
                outcome: Any = await act(await request.json())
            except (ImpossibleGesture, KeyError) as wrong:
                return web.json_response({"ok": False, "error": str(wrong)}, status=400)
            return web.json_response({"ok": True, **(asdict(outcome) if outcome is not None else {})})

        return handle
