"""How the Metrics API says no: a list of errors, each with a status and a detail."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from aiohttp import web


class BadQuery(Exception):
    """400: the text is the `detail`."""


def refusal(status: int, detail: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """The error body of the API's schema."""
    error = {"id": uuid.uuid4().hex, "status": str(status), "code": "", "detail": detail}
    return web.json_response({"errors": [error]}, status=status, headers=headers)
