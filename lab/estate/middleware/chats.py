"""Opening a chat: contact, blocked or not, case, LiveAgent session, Redis, poll."""

from __future__ import annotations

from dataclasses import dataclass

from lab.estate.middleware import log
from lab.estate.middleware.interconnection import Interconnection
from lab.estate.middleware.live_agent import LiveAgentClient
from lab.estate.middleware.polling import Polling
from lab.estate.middleware.proxy import CallFailure
from lab.estate.middleware.redis_master import RedisFailure
from lab.estate.middleware.salesforce import Contact, Person, SalesforceClient
from lab.estate.middleware.store import InterconnectionStore


class ChatRefused(Exception):
    """No chat; the text is the `details` of the 500."""


@dataclass(frozen=True)
class ChatRequest:
    """What POST /v1/chats/connect asks for."""

    user_id: str
    client: str
    name: str
    email: str
    phone: str


class Chats:
    """The use case behind /v1/chats/connect."""

    def __init__(
        self,
        salesforce: SalesforceClient,
        agent: LiveAgentClient,
        store: InterconnectionStore,
        polling: Polling,
        phone_prefixes: tuple[str, ...],
    ) -> None:
        self._salesforce, self._agent, self._store, self._polling = salesforce, agent, store, polling
        self._phone_prefixes = phone_prefixes

    async def reload(self) -> None:
        """Take up the chats that Redis remembers. Raises RedisFailure."""
        for chat in await self._store.live():
            self._polling.start(chat)

    async def connect(self, request: ChatRequest) -> Interconnection:
        """Open a chat and start to poll it. Raises ChatRefused."""
        person = Person(request.name, request.email, self._stripped(request.phone))
        try:
            contact = await self.find_or_create(person)
            if contact.is_blocked:
                raise ChatRefused("could not create chat in salesforce: this contact is blocked")
            case_id = await self._salesforce.create_case(contact, request.client)
            session = await self._agent.open()
            await self._agent.start_chat(session, person, contact, case_id)
        except CallFailure as failure:
            raise ChatRefused(f"could not create chat in salesforce : {failure}") from failure
        chat = Interconnection(
            request.user_id,
            request.client,
            session.id,
            session.key,
            session.affinity_token,
            person.email,
            person.phone,
        )
        try:
            await self._replace(chat)
        except RedisFailure as failure:
            raise ChatRefused(f"could not store interconnection in redis : [{failure}]") from failure
        self._polling.start(chat)
        return chat

    async def find_or_create(self, person: Person) -> Contact:
        """The contact. A failed look-up is logged and then creation is tried, which fails with the details
        that the runbook shows (`not create account : …`). Raises CallFailure.
        """
        await self._salesforce.ensure_token()
        try:
            found = await self._salesforce.find_contact(person)
        except CallFailure as failure:
            log.error("Error searching contact", error=str(failure))
            found = None
        return found if found is not None else await self._salesforce.create_contact(person)

    async def _replace(self, chat: Interconnection) -> None:
        """Store the chat; an earlier one of the same user gives its LiveAgent session back."""
        earlier = await self._store.find(chat)
        await self._store.save(chat)
        if earlier is None or not earlier.is_live:
            return
        self._polling.stop(earlier)
        try:
            await self._agent.end(earlier)
        except CallFailure as failure:
            log.info("Session already ended", error=str(failure), userID=chat.user_id)

    def _stripped(self, phone: str) -> str:
        prefix = next((one for one in self._phone_prefixes if phone.startswith(one)), "")
        return phone.removeprefix(prefix) if len(phone) > 10 else phone
