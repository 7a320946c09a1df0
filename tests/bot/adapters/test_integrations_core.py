"""The webhook's registration, read from the stand-in: found, refused, gone, late, senseless."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from bot.adapters.integrations_core import HttpRegistrations, steps
from bot.domain.errors import AccessDenied, BadAnswer, NotFound, RateLimited, SfintError, Unreachable
from bot.domain.webhook import Registration
from lab.estate.faults import Fault
from lab.estate.integrations_core import RegistrationsStandIn

BOT, CHANNEL, HOOK = "acme-bot", "outgoing_webhook", "https://acme.example.com/hook"


@pytest.fixture
async def core() -> AsyncIterator[RegistrationsStandIn]:
    """With one registration."""
    async with RegistrationsStandIn() as stand_in:
        stand_in.register(BOT, CHANNEL, HOOK, 3)
        yield stand_in


async def read(
    core: RegistrationsStandIn, *, token: str = "", bot: str = BOT, path: str = "version"
) -> Registration:
    """One reading with the right token, unless another is given."""
    registrations = HttpRegistrations(
        core.read_url(bot, CHANNEL), path=path, token=token or core.token, deadline_seconds=0.3
    )
    try:
        return await registrations.registration()
    finally:
        await registrations.aclose()


async def test_a_registration_is_read_with_what_stands_beside_the_version(core: RegistrationsStandIn) -> None:
    """By one request with the bearer token."""
    assert await read(core) == Registration("3", HOOK, CHANNEL, BOT)
    assert [(each.method, each.headers["authorization"]) for each in core.requests] == [
        ("GET", f"Bearer {core.token}")
    ]


async def test_a_version_within_other_documents_is_found_by_its_path(core: RegistrationsStandIn) -> None:
    """Lists and objects, as the company has them."""
    document = {"data": {"registrations": [{"version": "v4", "webhook": HOOK}]}}
    core.faults.add(Fault.json(200, document))

    assert await read(core, path="data.registrations[0].version") == Registration("v4", HOOK)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.slow(2.0), Unreachable),
        (Fault.silent(), Unreachable),
        (Fault.dropped(), Unreachable),
        (Fault.unavailable(), Unreachable),
        (Fault.rate_limited(), RateLimited),
        (Fault.html(), BadAnswer),
        (Fault.empty(), BadAnswer),
        (Fault.empty(302), BadAnswer),
        (Fault.json(200, {"versions": 3}), BadAnswer),
        (Fault.json(200, [3]), BadAnswer),
        (Fault.json(200, {"version": True}), BadAnswer),
        (Fault.json(403, {"message": "Forbidden"}), AccessDenied),
    ],
)
async def test_trouble_has_its_error(core: RegistrationsStandIn, fault: Fault, error: type[SfintError]) -> None:
    """Never a version that is none."""
    core.faults.add(fault)

    with pytest.raises(error):
        await read(core)


async def test_a_wrong_token_and_a_bot_that_nobody_registered(core: RegistrationsStandIn) -> None:
    """401 is a refusal, 404 says that there is none; the token is not shown."""
    with pytest.raises(AccessDenied, match="may not read") as refused:
        await read(core, token="wrong-token")
    with pytest.raises(NotFound):
        await read(core, bot="nobody")

    assert "wrong-token" not in str(refused.value)


async def test_a_host_that_refuses(core: RegistrationsStandIn) -> None:
    """Nobody listens any more."""
    await core.stop()

    with pytest.raises(Unreachable, match="cannot be reached"):
        await read(core)


@pytest.mark.parametrize("path", ["", ".version", "a..b", "[x]", "a b", "version]"])
def test_what_is_no_path_is_refused(path: str) -> None:
    """At the start, not at night."""
    with pytest.raises(ValueError, match="must be a path"):
        steps(path)


async def test_the_documented_registration_is_taken_and_nothing_else(core: RegistrationsStandIn) -> None:
    """The stand-in's own strictness: token, phone, webhook, version."""
    url = f"{core.url}/api/{CHANNEL}/bots/{BOT}/healthcheck"
    headers = {"Authorization": f"Bearer {core.token}"}
    good = {"phone": "5215500000000", "webhook": HOOK, "version": 2}
    async with httpx.AsyncClient() as client:
        refused = await client.post(url, json=good)
        bad = await client.post(url, json=good | {"version": "2"}, headers=headers)
        taken = await client.post(url, json=good, headers=headers)

    assert (refused.status_code, bad.status_code, taken.status_code) == (401, 400, 200)
    assert (await read(core)).version == "2"
