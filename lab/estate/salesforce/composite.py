"""The composite resource: several requests in one, later ones built from the answers to earlier ones."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from lab.estate.salesforce.answer import Answer
from lab.estate.salesforce.errors import RestError
from lab.estate.salesforce.records import RecordStore

_SUBREQUESTS_MAX = 25
_REFERENCE = re.compile(r"@\{([^}]+)\}")

Dispatch = Callable[[str, str, str], Answer]


def run(document: Mapping[str, object], dispatch: Dispatch, store: RecordStore) -> Answer:
    """Answer every part through `dispatch(method, url, body)`; with allOrNone a failure undoes the others.

    Raises RestError when the request as a whole is not one.
    """
    requests = document.get("compositeRequest")
    if not isinstance(requests, list) or not requests:
        raise RestError(400, "JSON_PARSER_ERROR", "compositeRequest is missing")
    if len(requests) > _SUBREQUESTS_MAX:
        raise RestError(400, "LIMIT_EXCEEDED", f"Limit of {_SUBREQUESTS_MAX} subrequests exceeded")
    before = store.snapshot()
    results: dict[str, Answer] = {}
    for request in requests:
        reference = _text(request, "referenceId")
        if reference in results:
            raise RestError(400, "INVALID_INPUT", f"Duplicate referenceId provided: {reference}")
        results[reference] = _part(request, results, dispatch)
    if document.get("allOrNone") and any(answer.status >= 400 for answer in results.values()):
        store.restore(before)
        results = {name: _halted(answer) for name, answer in results.items()}
    return Answer(200, {"compositeResponse": [_shown(name, answer) for name, answer in results.items()]})


def _part(request: Mapping[str, object], results: Mapping[str, Answer], dispatch: Dispatch) -> Answer:
    try:
        url = _resolved(_text(request, "url"), results)
        body = _resolved(json.dumps(request.get("body", {})), results)
    except RestError as error:
        return Answer(error.status, error.document())
    return dispatch(_text(request, "method"), url, body)


def _text(request: object, name: str) -> str:
    if not isinstance(request, Mapping) or not isinstance(request.get(name), str):
        raise RestError(400, "JSON_PARSER_ERROR", f"Each subrequest needs a {name}")
    return str(request[name])


def _resolved(text: str, results: Mapping[str, Answer]) -> str:
    """Put earlier results in the place of `@{reference.path[0].field}`."""
    return _REFERENCE.sub(lambda match: _looked_up(match[1], results), text)


def _looked_up(path: str, results: Mapping[str, Answer]) -> str:
    reference, *steps = re.findall(r"[A-Za-z_]\w*|\d+", path)
    found: object = results[reference].document if reference in results else None
    for step in steps:
        if isinstance(found, list) and step.isdigit() and int(step) < len(found):
            found = found[int(step)]
        elif isinstance(found, dict) and step in found:
            found = found[step]
        else:
            message = f"Invalid reference specified. No value for {path} found"
            raise RestError(400, "PROCESSING_HALTED", message)
    return str(found)


def _halted(answer: Answer) -> Answer:
    if answer.status >= 400:
        return answer
    message = "The transaction was rolled back since another operation in the same transaction failed."
    return Answer(400, RestError(400, "PROCESSING_HALTED", message).document())


def _shown(reference: str, answer: Answer) -> dict[str, object]:
    return {
        "body": answer.document,
        "httpHeaders": dict(answer.headers),
        "httpStatusCode": answer.status,
        "referenceId": reference,
    }
