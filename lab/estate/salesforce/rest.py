"""The data API behind a valid session: limits, query and sobjects, as pure request -> answer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from lab.estate.salesforce import composite
from lab.estate.salesforce.answer import Answer
from lab.estate.salesforce.errors import EXPIRED_PASSWORD_MESSAGE, RestError
from lab.estate.salesforce.org import Org
from lab.estate.salesforce.query import run
from lab.estate.salesforce.records import Record

FIRST_VERSION, LAST_VERSION = 31, 67


def authorize(org: Org, authorization: str | None) -> None:
    """Let the request in, or raise what the data API says to this Authorization header and this org."""
    scheme, _, token = (authorization or "").strip().partition(" ")
    if authorization is None:
        raise RestError(401, "INVALID_SESSION_ID", "Session expired or invalid")
    if scheme.lower() not in ("bearer", "oauth") or not token.strip():
        raise RestError(401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE")
    if token.strip() not in org.sessions:
        raise RestError(401, "INVALID_SESSION_ID", "Session expired or invalid")
    if org.password_is_expired:
        raise RestError(
            org.expired_password_status, "INVALID_OPERATION_WITH_EXPIRED_PASSWORD", EXPIRED_PASSWORD_MESSAGE
        )
    if org.api_is_disabled is not None:
        raise RestError(403, org.api_is_disabled, "The REST API is not enabled for this Organization")
    if org.daily_api_requests_used >= org.daily_api_requests_max:
        raise RestError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    org.daily_api_requests_used += 1


def versions() -> list[dict[str, str]]:
    """The public list of API versions at /services/data/."""
    return [
        {"label": f"v{number}", "url": f"/services/data/v{number}.0", "version": f"{number}.0"}
        for number in range(FIRST_VERSION, LAST_VERSION + 1)
    ]


class DataApi:
    """Everything under /services/data/vXX.0/ for a caller who was let in."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._cursors: dict[str, tuple[str, list[Record]]] = {}

    def answer(self, method: str, url: str, body: str) -> Answer:
        """Dispatch one request; `url` starts with /services/data/. Errors become their own documents."""
        try:
            return self._dispatch(method, url, body)
        except RestError as error:
            return Answer(error.status, error.document())

    def _dispatch(self, method: str, url: str, body: str) -> Answer:
        parts = urlsplit(url)
        found = re.fullmatch(r"/services/data/v(\d\d)\.0/(.+?)/?", parts.path)
        if found is None or not FIRST_VERSION <= int(found[1]) <= LAST_VERSION:
            raise RestError(404, "NOT_FOUND", "The requested resource does not exist")
        base, path = f"/services/data/v{found[1]}.0", found[2].split("/")
        match method, *path:
            case "GET", "limits":
                return self._limits()
            case "GET", "query":
                return self._query(base, parse_qs(parts.query, keep_blank_values=True))
            case "GET", "query", cursor:
                return self._more(base, cursor)
            case "POST", "composite":
                return composite.run(_object(body), self.answer, self._org.store)
            case "POST", "sobjects", name:
                return self._create(base, name, _object(body))
            case "GET", "sobjects", name, identifier:
                return Answer(200, self._shown(base, name, identifier))
            case "PATCH", "sobjects", name, identifier:
                return self._change(name, identifier, _object(body))
            case _, ("limits" | "query" | "composite" | "sobjects"), *_:
                raise RestError(405, "METHOD_NOT_ALLOWED", f"HTTP Method '{method}' not allowed.")
            case _:
                raise RestError(404, "NOT_FOUND", "The requested resource does not exist")

    def _limits(self) -> Answer:
        remaining = self._org.daily_api_requests_max - self._org.daily_api_requests_used
        return Answer(
            200,
            {
                "DailyApiRequests": {"Max": self._org.daily_api_requests_max, "Remaining": remaining},
                "ConcurrentAsyncGetReportInstances": {"Max": 200, "Remaining": 200},
            },
        )

    def _query(self, base: str, query: Mapping[str, list[str]]) -> Answer:
        if not query.get("q", [""])[0].strip():
            raise RestError(400, "MALFORMED_QUERY", "A query string has to be specified")
        source, rows, counts = run(query["q"][0], self._org.store, self._org.hidden_fields)
        if counts:
            return Answer(200, {"totalSize": len(rows), "done": True, "records": []})
        return self._page(base, source, rows, 0)

    def _page(self, base: str, source: str, rows: list[Record], start: int) -> Answer:
        end = start + self._org.query_batch_size
        document: dict[str, object] = {"totalSize": len(rows), "done": end >= len(rows)}
        if end < len(rows):
            cursor = f"01gAc{len(self._cursors):010d}AAA"
            self._cursors[cursor] = (source, rows)
            document["nextRecordsUrl"] = f"{base}/query/{cursor}-{end}"
        document["records"] = [_with_attributes(base, source, row) for row in rows[start:end]]
        return Answer(200, document)

    def _more(self, base: str, cursor: str) -> Answer:
        name, _, start = cursor.rpartition("-")
        if name not in self._cursors or not start.isdigit():
            raise RestError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        source, rows = self._cursors[name]
        return self._page(base, source, rows, int(start))

    def _create(self, base: str, name: str, fields: dict[str, object]) -> Answer:
        row = self._org.store.insert(name, fields, self._org.hidden_fields)
        location = f"{base}/sobjects/{name}/{row['Id']}"
        return Answer(201, {"id": row["Id"], "success": True, "errors": []}, {"Location": location})

    def _change(self, name: str, identifier: str, fields: dict[str, object]) -> Answer:
        self._org.store.update(name, identifier, fields, self._org.hidden_fields)
        return Answer(204)

    def _shown(self, base: str, name: str, identifier: str) -> Record:
        row = self._org.store.get(name, identifier)
        shown = {key: value for key, value in row.items() if key not in self._org.hidden_fields}
        return _with_attributes(base, self._org.store.object_name(name), shown)


def _object(body: str) -> dict[str, object]:
    try:
        document = json.loads(body)
    except ValueError as error:
        raise RestError(400, "JSON_PARSER_ERROR", f"Unexpected character: {error}") from error
    if not isinstance(document, dict):
        raise RestError(400, "JSON_PARSER_ERROR", "An object was expected")
    return document


def _with_attributes(base: str, source: str, row: Record) -> Record:
    url = f"{base}/sobjects/{source}/{row['Id']}" if "Id" in row else f"{base}/sobjects/{source}"
    return {"attributes": {"type": source, "url": url}} | row
