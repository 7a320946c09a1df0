"""The arguments of a call, however they came: query string, form, multipart or JSON."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from lab.slack.errors import Json, SlackError


class Arguments:
    """Named values with the conversions that Slack makes; a form sends everything as text."""

    def __init__(self, values: Json) -> None:
        self.values = values

    def text(self, name: str, default: str = "") -> str:
        """The value as text."""
        value = self.values.get(name)
        return default if value is None else str(value)

    def required(self, name: str, error: str = "invalid_arguments") -> str:
        """The value as text; refused when it is missing or empty."""
        value = self.text(name)
        if not value and error == "invalid_arguments":
            raise SlackError(error, messages=[f"[ERROR] missing required field: {name}"])
        if not value:
            raise SlackError(error)
        return value

    def flag(self, name: str) -> bool:
        """The value as true or false."""
        return self.text(name).lower() in {"1", "true"}

    def integer(self, name: str, default: int) -> int:
        """The value as a whole number."""
        try:
            return int(self.text(name) or default)
        except ValueError as wrong:
            raise SlackError("invalid_arguments", messages=[f"[ERROR] must be an integer: {name}"]) from wrong

    def has(self, name: str) -> bool:
        """Whether the value was sent at all."""
        return self.values.get(name) is not None

    def structure(self, name: str, error: str) -> Any:
        """A value that is JSON inside JSON, or JSON as text inside a form."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError as wrong:
            raise SlackError(error) from wrong


async def read_arguments(request: web.Request) -> Json:
    """All arguments of a request; the body wins over the query string."""
    values: Json = dict(request.query)
    if request.method != "POST" or not request.can_read_body:
        return values
    if request.content_type == "application/json":
        return values | await _read_json(request)
    if request.content_type in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        return values | dict(await request.post())
    raise SlackError("invalid_form_data" if request.headers.get("Content-Type") else "missing_post_type")


async def _read_json(request: web.Request) -> Json:
    try:
        body = json.loads(await request.text() or "{}")
    except ValueError as wrong:
        raise SlackError("invalid_json") from wrong
    if not isinstance(body, dict):
        raise SlackError("json_not_object")
    # Slack takes a token from a JSON body from nobody: it belongs in the header there.
    return {name: value for name, value in body.items() if name != "token"}
