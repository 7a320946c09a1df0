"""One SOQL query through the REST API: `GET …/query?q=`, then its `nextRecordsUrl`s up to a bound."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import httpx

from bot.adapters.salesforce_door import SalesforceDoor
from bot.domain.crm_query import QueryAnswer, QueryVerdict, Row
from bot.domain.crm_query_answers import Page, classify_page

_PAGES_MAX = 5
_PAGE_BYTES_MAX = 4 * 1024 * 1024
"""A page holds 2,000 rows at most."""


async def read_query(door: SalesforceDoor, base: str, token: str, base_path: str, soql: str) -> QueryAnswer:
    """All pages within one deadline. `message` is not redacted; `seconds` and `token` are left to the caller."""
    rows: list[Row] = []
    answer = QueryAnswer(QueryVerdict.UNREACHABLE)
    path, query = f"{base_path}/query", {"q": soql}
    try:
        async with asyncio.timeout(door.deadline_seconds):
            for _ in range(_PAGES_MAX):
                reply = await door.get(base, path, token, query=query or None, bytes_max=_PAGE_BYTES_MAX)
                page = classify_page(reply.status, reply.content_type, reply.body)
                rows.extend(page.rows)
                answer = _so_far(reply.status, page, rows)
                if not page.next_path:
                    return answer
                path, query = page.next_path, {}
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
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
