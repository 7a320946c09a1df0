"""Reads through the REST API, and one SOQL query: `GET …/query?q=`, then its `nextRecordsUrl`s up to a bound."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from bot.adapters.http_door import WIRE_ERRORS, HttpDoor, HttpReply
from bot.domain.crm_query import QueryAnswer, QueryVerdict, Row
from bot.domain.crm_query_answers import Page, classify_page

_PAGES_MAX = 5
_PAGE_BYTES_MAX = 4 * 1024 * 1024
"""A page holds 2,000 rows at most."""


async def read(
    door: HttpDoor,
    base: str,
    path: str,
    token: str,
    *,
    query: Mapping[str, str] | None = None,
    bytes_max: int | None = None,
) -> HttpReply:
    """One read with the token, an empty one too. Raises WIRE_ERRORS."""
    # HTTP libraries refuse a value that ends in a space, and servers strip it: `Bearer` is the empty bearer.
    headers = {"Authorization": f"Bearer {token}".strip(), "Accept": "application/json"}
    return await door.send("GET", base.rstrip("/") + path, headers=headers, query=query, bytes_max=bytes_max)


async def read_query(door: HttpDoor, base: str, token: str, base_path: str, soql: str) -> QueryAnswer:
    """All pages within one deadline. `message` is not redacted; `seconds` and `token` are left to the caller."""
    rows: list[Row] = []
    answer = QueryAnswer(QueryVerdict.UNREACHABLE)
    path, query = f"{base_path}/query", {"q": soql}
    try:
        async with asyncio.timeout(door.deadline_seconds):
            for _ in range(_PAGES_MAX):
                reply = await read(door, base, path, token, query=query, bytes_max=_PAGE_BYTES_MAX)
                page = classify_page(reply.status, reply.content_type, reply.body)
                rows.extend(page.rows)
                answer = _so_far(reply.status, page, rows)
                if not page.next_path:
                    return answer
                path, query = page.next_path, {}
    except WIRE_ERRORS as error:
        return QueryAnswer(QueryVerdict.UNREACHABLE, tuple(rows), answer.total, message=door.words(base, error))
    return replace(answer, is_complete=False)


def _so_far(status: int, page: Page, rows: list[Row]) -> QueryAnswer:
    return QueryAnswer(
        page.verdict,
        rows=tuple(rows),
        total=page.total,
        is_complete=page.verdict is QueryVerdict.OK and not page.next_path,
        blamed=page.blamed,
        status=status,
        error_code=page.error_code,
        message=page.message,
    )
