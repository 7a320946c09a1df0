"""Do secrets stand in the traces, where everybody with access to Datadog reads them?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.checks.registry import check
from bot.domain.datadog import Datadog, SpanSample
from bot.domain.errors import Unreachable
from bot.domain.finding import Finding, Outcome
from bot.domain.leaks import leaks
from bot.domain.target import Target
from bot.ports.estate import Estate

_MOST_LINES = 5


def _is_configured(target: Target, estate: Estate) -> bool:
    return target.datadog is not None and estate.traces is not None


@check(
    "datadog-secrets",
    component="datadog",
    codes=("datadog.secrets-in-spans", "datadog.secrets-unread", "datadog-secrets.ok"),
    applies=_is_configured,
)
async def datadog_secrets(target: Target, estate: Estate) -> Finding:
    """Reads a few spans of log-ins and of errors, else of any, and says which tag holds what kind of secret."""
    expected, traces = target.datadog, estate.traces
    if expected is None or traces is None:
        raise Unreachable("no Datadog is configured")
    read = [
        *await traces.samples(expected.token_spans, expected.sampled_spans),
        *await traces.samples(expected.failed_spans, expected.sampled_spans),
    ] or await traces.samples(expected.every_span, expected.sampled_spans)
    if not read:
        return _nothing_read(expected)
    found = _found(read)
    if not found:
        summary = f"Datadog: no secret in {len(read)} spans read"
        return Finding("datadog-secrets", "datadog", Outcome.OK, "datadog-secrets.ok", summary)
    lines = [
        f"in {operation}, the tag {tag} holds {', '.join(sorted(kinds))}"
        for (operation, tag), kinds in found.items()
    ]
    return Finding(
        check="datadog-secrets",
        component="datadog",
        outcome=Outcome.DEGRADED,
        code="datadog.secrets-in-spans",
        summary=f"Datadog: secrets stand in plain text in spans of {', '.join(sorted({one for one, _ in found}))}",
        evidence=(
            *lines[:_MOST_LINES],
            "whoever reads traces reads them: let the middleware leave these tags out, and renew what stood there",
        ),
    )


def _nothing_read(expected: Datadog) -> Finding:
    """No span was searched, so nothing is known: neither that secrets stand in them nor that none do."""
    window = f"in the last {expected.window_seconds / 60:g} min"
    return Finding(
        check="datadog-secrets",
        component="datadog",
        outcome=Outcome.UNKNOWN,
        code="datadog.secrets-unread",
        summary=f"Datadog: cannot tell whether secrets stand in spans: none of {expected.service} {window}",
        evidence=(
            "no traffic, or the middleware does not trace, or its name or environment is another one there",
        ),
    )


def _found(read: Iterable[SpanSample]) -> Mapping[tuple[str, str], frozenset[str]]:
    """(Operation, tag) -> kinds, over all samples."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for sample in read:
        for tag, kinds in leaks(sample.tags).items():
            place = (sample.operation, tag)
            found[place] = found.get(place, frozenset()) | kinds
    return found
