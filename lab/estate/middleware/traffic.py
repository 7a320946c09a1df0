"""The middleware's own small traffic, so that its logs show a failure before any user meets it."""

from __future__ import annotations

import asyncio

from lab.estate.middleware import log
from lab.estate.middleware.chats import Chats
from lab.estate.middleware.interconnection import Interconnection, Status
from lab.estate.middleware.proxy import CallFailure
from lab.estate.middleware.salesforce import Person, SalesforceClient
from lab.estate.middleware.store import InterconnectionStore
from lab.estate.middleware.trace import tracer

_PATIENCE_SECONDS = 60.0
_PERSON = Person("Acme Heartbeat", "heartbeat@acme.example.com", "")
# Closed, so that a restart does not take it for a live chat.
_CHAT = Interconnection(
    "5215500000000", "acme", "", "", "", "heartbeat@acme.example.com", "5500000000", Status.CLOSED
)


async def update_redis(store: InterconnectionStore, interval: float) -> None:
    """Update one status, for ever."""
    while True:
        await store.update_status(_CHAT)
        await asyncio.sleep(interval)


async def call_salesforce(chats: Chats, salesforce: SalesforceClient, interval: float) -> None:
    """Look one contact up, for ever; without a token ever more slowly, so as not to lock the user at once."""
    delay = interval
    while True:
        with tracer.span("http.request", "POST /v1/chats/connect", kind="web", is_root=True) as span:
            try:
                await chats.find_or_create(_PERSON)
                span.tag(http__status_code=200)
            except CallFailure as failure:
                details = f"could not create chat in salesforce : {failure}"
                log.error("500: Internal Server Error", details=details, error=details, path="/v1/chats/connect")
                span.fail("500: Internal Server Error", error__details=details, http__status_code=500)
        delay = interval if salesforce.has_token else min(delay * 2, _PATIENCE_SECONDS)
        await asyncio.sleep(delay)
