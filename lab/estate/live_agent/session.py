"""One visitor's session, and what an agent does with its chat."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class ChatSession:
    """`pending` holds events that no poll has taken yet; `sequence` counts the answers that carried some.

    `number` is the ordinal of its opening at this host, from 0; `posted` is the last sequence of a POST.
    """

    id: str
    key: str
    affinity_token: str
    number: int = 0
    sequence: int = 0
    posted: int = 0
    pending: list[dict[str, object]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    is_polled: bool = False
    has_ended: bool = False
    chat: Mapping[str, object] | None = None

    def push(self, kind: str, **message: object) -> None:
        """Queue an event and wake the poll that waits for one."""
        self.pending.append({"type": kind, "message": message})
        self.arrived.set()

    def accept(self, agent: str = "Ada") -> None:
        """An agent takes the chat."""
        idle = {"isEnabled": False}
        self.push("ChatEstablished", name=agent, userId="005Ac0000000001", chasitorIdleTimeout=idle)

    def say(self, text: str, agent: str = "Ada") -> None:
        """The agent writes."""
        self.push("ChatMessage", text=text, name=agent, agentId="005Ac0000000001")

    def wait_in_queue(self, position: int, estimated_seconds: int = 0) -> None:
        """The place in the queue changes."""
        self.push("QueueUpdate", position=position, estimatedWaitTime=estimated_seconds)

    def transfer(self, agent: str) -> None:
        """Another agent takes over."""
        self.push("ChatTransferred", name=agent, userId="005Ac0000000002", sneakPeekEnabled=False)

    def lose_agent(self) -> None:
        """The agent's connection breaks; the chat stays."""
        self.push("AgentDisconnect")

    def fail(self, reason: str) -> None:
        """The request comes to nothing: Unavailable, Blocked, InternalFailure or whatever is new."""
        self.has_ended = True
        self.push("ChatRequestFail", reason=reason)

    def end(self, reason: str = "agent") -> None:
        """The chat is over; the session ends with the poll that takes this."""
        self.has_ended = True
        self.push("ChatEnded", reason=reason)
