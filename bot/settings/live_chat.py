"""What may be configured about the live chat of one target: its hosts, its buttons and their queues."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from pydantic import AfterValidator, Field

from bot.domain.live_chat import ChatRequests, LiveChat
from bot.settings.kinds import Listed, Seconds, Url, matching
from bot.settings.section import Section

_REQUESTS = ChatRequests()

OrgId = Annotated[
    str,
    AfterValidator(matching(r"[A-Za-z0-9]{15}([A-Za-z0-9]{3})?", "must be an id of Salesforce: 15 characters")),
    # The last three of the longer form are a check sum; live chat knows the shorter form only.
    AfterValidator(lambda value: value[:15]),
]
ButtonName = Annotated[
    str, AfterValidator(matching(r"[A-Za-z0-9][A-Za-z0-9 _-]{0,39}", "must be a short name: letters and digits"))
]
QueueName = Annotated[str, Field(min_length=1, max_length=80)]


def _network(value: str) -> str:
    try:
        ipaddress.ip_network(value)
    except ValueError as error:
        raise ValueError("must be an IP address, or a network such as 203.0.113.0/28") from error
    return value


Network = Annotated[str, AfterValidator(_network)]


class ChatRequestSettings(Section):
    """Failed requests in the middleware's log; `minimum_users` are those blocked before anybody is paged.

    `egress_addresses` are told to the client's admin, who looks for a block rule about them.
    """

    window_seconds: Annotated[int, Field(ge=1, le=86_400)] = _REQUESTS.window_seconds
    minimum_users: Annotated[int, Field(ge=1, le=10_000)] = _REQUESTS.minimum_users
    egress_addresses: Annotated[tuple[Network, ...], Listed] = Field(default=(), examples=['["203.0.113.10"]'])


class EnhancedChatSettings(Section):
    """Messaging for In-App and Web, the successor: its host, and the names of its deployment."""

    url: Url = Field(examples=["https://acme.my.salesforce-scrt.com"])
    organization_id: OrgId = Field(examples=["00D000000000001"])
    es_developer_name: Annotated[str, Field(min_length=1, max_length=80)] = Field(examples=["Acme_Web_Chat"])


class LiveChatSettings(Section):
    """The legacy chat is asked where `chat_url` is set, its successor where `enhanced` is.

    `chat_url` is SFC_CHAT_URL, with or without /chat/rest. `queues` are button name -> the DeveloperName or label
    of the queue that is expected behind it; without one, the org's button tells.
    """

    chat_url: Url | None = Field(default=None, examples=["https://d.la4-c1-ia4.salesforceliveagent.com/chat/rest"])
    organization_id: OrgId | None = Field(default=None, examples=["00D000000000001"])
    deployment_id: OrgId | None = Field(default=None, examples=["572000000000001"])
    buttons: dict[ButtonName, OrgId] = Field(default_factory=dict, examples=["{whatsapp: 573000000000001}"])
    queues: dict[ButtonName, QueueName] = Field(default_factory=dict, examples=["{whatsapp: WhatsApp_Support}"])
    api_version: Annotated[int, Field(ge=29, le=999)] = 52
    requests: ChatRequestSettings = ChatRequestSettings()
    enhanced: EnhancedChatSettings | None = None
    deadline_seconds: Seconds = 1.5

    def expectations(self) -> LiveChat:
        """The domain's value; there is no secret in this section."""
        return LiveChat(
            chat_url=self.chat_url or "",
            buttons=self.buttons,
            queues=self.queues,
            requests=ChatRequests(**self.requests.model_dump()),
            enhanced_url=self.enhanced.url if self.enhanced else "",
        )
