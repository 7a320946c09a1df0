"""The checks of the traces, through the real adapter, against Datadog's stand-in and what goes wrong with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest
import pytest_asyncio

from bot.adapters.datadog import DatadogApi, DatadogTraces
from bot.checks.registry import Check, collect
from bot.domain.datadog import Datadog
from bot.domain.finding import Finding, Outcome
from bot.ports.estate import Estate
from bot.usecases.run_checks import asked_of, run_checks
from lab.estate.datadog import DatadogStandIn
from lab.estate.faults import Fault
from tests.bot.checks.check_world import TARGET
from tests.fakes.estate import fake_estate
from tests.fakes.spans import SERVICE, record

EXPECTED = Datadog(env="production")
WATCHED = replace(TARGET, datadog=EXPECTED, timings=replace(TARGET.timings, check_seconds=0.3))
POLL = EXPECTED.poll_operations[0]
PAYLOAD = 'login.TokenPayload{ClientSecret:"0F1A2B3C", Password:"hunter22tok"}'


@dataclass
class Site:
    """Datadog, and the estate that asks it."""

    peer: DatadogStandIn
    estate: Estate

    async def finding(self, name: str) -> Finding:
        """What that check says."""
        (found,) = await run_checks([named(name)], WATCHED, self.estate)
        return found


def named(name: str) -> Check:
    """The check of that name."""
    return next(check for check in collect() if check.name == name)


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Site]:
    """A middleware in good health."""
    async with DatadogStandIn() as peer:
        record(peer, "get_token", 200)
        record(peer, POLL, 204, times=20)
        record(peer, "http.request", 200, times=20)
        estate = fake_estate()
        api = DatadogApi(
            url=peer.url, api_key=peer.api_key, application_key=peer.application_key, clock=estate.clock
        )
        yield Site(peer, replace(estate, traces=DatadogTraces(api, service=SERVICE, env="production")))
        await api.aclose()


async def test_all_well_says_how_much_was_seen_and_may_be_asked(site: Site) -> None:
    """Spans by operation, and the budget."""
    found = await site.finding("datadog")

    assert (found.outcome, found.code) == (Outcome.OK, "datadog.ok")
    assert "41 spans in the last 15 min, 0 of them failed" in found.summary
    assert found.evidence == (
        f"spans without a failure: get_token 1, {POLL} 20, http.request 20",
        "239 of 240 requests are left in this hour",
    )


async def test_refused_log_ins_are_told_with_what_the_error_says(site: Site) -> None:
    """Degraded: another check names the cause. A payload is nobody's business."""
    details = "Error call with status-[400] : map[error:invalid_grant error_description:authentication failure]"
    record(site.peer, "get_token", 400, times=3, error__details=details, payload=PAYLOAD)

    found = await site.finding("datadog")

    assert (found.outcome, found.code) == (Outcome.DEGRADED, "datadog.token-errors")
    assert "get_token: 3 of 4 spans failed (400: 3), slowest 0.1 s" in found.evidence
    assert details in found.evidence
    assert "hunter22" not in str(found)


@pytest.mark.parametrize(
    ("details", "code", "outcome"),
    [
        ("[map[errorCode:INVALID_AUTH_HEADER message:Y]]", "auth-header-errors", Outcome.DEGRADED),
        ("[map[errorCode:INVALID_OPERATION_WITH_EXPIRED_PASSWORD]]", "expired-password-errors", Outcome.DEGRADED),
        ("could not store interconnection", "errors", Outcome.DEGRADED),
        ("could not create chat in salesforce: this contact is blocked", "ok", Outcome.OK),
    ],
)
async def test_failed_chats_are_told_by_what_they_say(
    site: Site, details: str, code: str, outcome: Outcome
) -> None:
    """Each by the entry that explains it."""
    record(site.peer, "http.request", 500, times=20, error__details=details)

    found = await site.finding("datadog")

    assert (found.outcome, found.code) == (outcome, f"datadog.{code}")


async def test_every_spelling_of_the_long_poll_counts_and_is_left_to_its_own_check(site: Site) -> None:
    """The runbook's own spelling among them."""
    record(site.peer, "interconection.longPolling", 403, times=30)

    found = await site.finding("datadog")

    assert found.code == "datadog.ok"
    assert "interconection.longPolling: 30 of 30 spans failed" in found.evidence[0]
    assert "the check long-poll judges them" in found.evidence[0]


async def test_what_an_error_says_is_redacted(site: Site) -> None:
    """An e-mail address, a session key."""
    record(site.peer, "http.request", 500, times=20, error__details=f"{PAYLOAD} ana@acme.example.com")

    found = await site.finding("datadog")

    assert "hunter22" not in str(found)
    assert "ana@" not in str(found)


async def test_no_span_at_all_tells_nothing(site: Site) -> None:
    """Neither ok nor failing."""
    site.peer.spans.clear()

    found = await site.finding("datadog")

    assert (found.outcome, found.code) == (Outcome.UNKNOWN, "datadog.quiet")


async def test_secrets_in_spans_are_told_by_tag_and_kind(site: Site) -> None:
    """Of which operation; never the value. Spans that did not fail are read, too."""
    record(site.peer, "get_token", 200, payload=PAYLOAD)
    record(site.peer, POLL, 403, interconnection='manage.Interconnection{SessionKey:"k!1!abcdef="}')

    found = await site.finding("datadog-secrets")

    assert (found.outcome, found.code) == (Outcome.DEGRADED, "datadog.secrets-in-spans")
    assert found.evidence[:2] == (
        "in get_token, the tag payload holds a client secret, a password",
        f"in {POLL}, the tag interconnection holds a session key",
    )
    assert not [value for value in ("hunter22", "0F1A2B", "abcdef") if value in str(found)]


async def test_spans_without_secrets_are_well(site: Site) -> None:
    """As they should be."""
    found = await site.finding("datadog-secrets")

    assert (found.outcome, found.code) == (Outcome.OK, "datadog-secrets.ok")


async def test_no_span_to_search_is_no_span_without_secrets(site: Site) -> None:
    """Nothing was read, so nothing is known; it says of what, of when, and what may be the reason."""
    site.peer.spans.clear()

    found = await site.finding("datadog-secrets")

    assert (found.outcome, found.code) == (Outcome.UNKNOWN, "datadog.secrets-unread")
    assert f"cannot tell whether secrets stand in spans: none of {SERVICE} in the last 15 min" in found.summary
    assert "its name or environment is another one" in found.evidence[0]


async def test_without_a_log_in_or_an_error_other_spans_are_searched(site: Site) -> None:
    """A token lasts for hours: most of the time nobody logs in, and all is well."""
    site.peer.spans.clear()
    record(site.peer, POLL, 204, interconnection='manage.Interconnection{SessionKey:"k!1!abcdef="}')

    found = await site.finding("datadog-secrets")

    assert found.code == "datadog.secrets-in-spans"
    assert found.evidence[0] == f"in {POLL}, the tag interconnection holds a session key"


@pytest.mark.parametrize("name", ["datadog", "datadog-secrets"])
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault.silent(), "no answer within 0.3 s"),
        (Fault.slow(1.0), "no answer within 0.3 s"),
        (Fault.dropped(), "cannot be reached"),
        (Fault.unavailable(502), "answered 502"),
        (Fault.html(), "no JSON"),
        (Fault.json(200, {"data": 5}), "could not ask"),
        (Fault.json(403, {"errors": ["Forbidden"]}), "scope apm_read"),
        (Fault.rate_limited(60), "429"),
    ],
)
async def test_what_cannot_be_asked_is_unknown(site: Site, name: str, fault: Fault, words: str) -> None:
    """Never ok and never failing, whatever the peer does."""
    site.peer.faults.add(fault)

    found = await site.finding(name)

    assert (found.outcome, found.code) == (Outcome.UNKNOWN, f"{name}.unknown")
    assert words in found.summary


@pytest.mark.parametrize("name", ["datadog", "datadog-secrets"])
async def test_a_refused_connection_is_unknown(site: Site, name: str) -> None:
    """Nobody listens."""
    await site.peer.stop()

    assert (await site.finding(name)).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("name", ["datadog", "datadog-secrets"])
async def test_keys_without_the_permission_are_unknown(site: Site, name: str) -> None:
    """With what is missing."""
    site.peer.may_read = False

    found = await site.finding(name)

    assert (found.outcome, found.code) == (Outcome.UNKNOWN, f"{name}.unknown")
    assert "apm_read" in found.summary


async def test_a_target_without_datadog_is_not_asked(site: Site) -> None:
    """Nothing is said about it."""
    names = {check.name for check in asked_of(collect(), TARGET, site.estate)}

    assert not names & {"datadog", "datadog-secrets", "argocd"}
