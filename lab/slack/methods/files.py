"""files: upload in three steps, as everybody must since files.upload is gone; and what is known about one."""

from __future__ import annotations

import mimetypes
from typing import Any

from lab.slack.arguments import Arguments
from lab.slack.blocks import check_message_blocks
from lab.slack.errors import Json, SlackError
from lab.slack.files import StoredFile
from lab.slack.methods.method import WebMethod, the_channel
from lab.slack.world import SlackWorld


def methods() -> list[WebMethod]:
    """This family."""
    return [
        WebMethod("files.info", _info, scope="files:read", tier=4),
        WebMethod("files.getUploadURLExternal", _get_url, scope="files:write", tier=4),
        WebMethod("files.completeUploadExternal", _complete, scope="files:write", tier=4),
    ]


def _info(world: SlackWorld, arguments: Arguments) -> Json:
    """The app sees its own files, and those in channels that it is a member of."""
    stored = world.files.get(arguments.required("file", "file_not_found"))
    if stored is None or not stored.completed:
        raise SlackError("file_not_found")
    if stored.owner and not world.bot_channels & set(stored.channels):
        raise SlackError("file_not_found")
    return {"file": file_json(world, stored), "comments": [], "response_metadata": {"next_cursor": ""}}


def _get_url(world: SlackWorld, arguments: Arguments) -> Json:
    name = arguments.required("filename")
    length = arguments.integer("length", 0)
    if length <= 0:
        raise SlackError("invalid_arguments", messages=["[ERROR] must be greater than 0: length"])
    stored = world.files.announce(name, length)
    return {"upload_url": f"{world.base_url}upload/v1/{stored.ticket}", "file_id": stored.id}


def _complete(world: SlackWorld, arguments: Arguments) -> Json:
    wanted: Any = arguments.structure("files", "invalid_arguments")
    if not isinstance(wanted, list) or not wanted:
        raise SlackError("invalid_arguments", messages=["[ERROR] missing required field: files"])
    stored = [_uploaded(world, one) for one in wanted]
    channels = arguments.text("channel_id") or arguments.text("channels")
    files = [file_json(world, one) for one in stored]
    if channels:
        _share(world, arguments, channels.split(","), files)
    for one in stored:
        one.completed = True
    return {"files": files}


def _uploaded(world: SlackWorld, wanted: Any) -> StoredFile:
    stored = world.files.get(str(wanted.get("id"))) if isinstance(wanted, dict) else None
    if stored is None or stored.content is None or stored.completed:
        raise SlackError("file_not_found")
    stored.title = str(wanted.get("title") or stored.name)
    return stored


def _share(world: SlackWorld, arguments: Arguments, channels: list[str], files: list[Json]) -> None:
    places = [the_channel(world, Arguments({"channel": channel})) for channel in channels]
    thread_ts = arguments.text("thread_ts") or None
    blocks = arguments.structure("blocks", "invalid_blocks_format")
    for place in places:
        if thread_ts and world.messages.find(place.id, thread_ts) is None:
            raise SlackError("thread_not_found")
        world.post_as_bot(
            place.id,
            arguments.text("initial_comment"),
            blocks=check_message_blocks(blocks) if blocks else [],
            thread_ts=thread_ts,
            files=files,
        )


def file_json(world: SlackWorld, stored: StoredFile) -> Json:
    """The file object."""
    return {
        "id": stored.id,
        "name": stored.name,
        "title": stored.title or stored.name,
        "mimetype": mimetypes.guess_type(stored.name)[0] or "text/plain",
        "filetype": stored.name.rpartition(".")[2] or "text",
        "size": len(stored.content or b""),
        "user": stored.owner or world.identity.bot_user_id,
        "mode": "snippet" if stored.owner else "hosted",
        "is_external": False,
        "url_private": f"{world.base_url}files-pri/{stored.id}",
        "url_private_download": f"{world.base_url}files-pri/{stored.id}",
        "permalink": f"{world.base_url}files-pri/{stored.id}",
        "preview": (stored.content or b"")[:600].decode("utf-8", "replace"),
    }
