"""Salesforce's live chat: what a target expects of it, and what its hosts answer, classified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class ChatRequests:
    """Over which window of the middleware's log failed requests are counted, and how many users it takes."""

    window_seconds: int = 900
    minimum_users: int = 1
    """Distinct users whose requests were blocked, before anybody is paged: the address of all of them is one."""
    egress_addresses: tuple[str, ...] = ()
    """From which addresses the middleware's requests come: what a block rule would name."""


@dataclass(frozen=True, slots=True)
class LiveChat:
    """The live chat of one target; `buttons` are name -> 15-character id, `queues` are button name -> queue."""

    chat_url: str = ""
    """The base of the legacy interface, up to and without `/System/…`; empty where it is not used."""
    buttons: Mapping[str, str] = field(default_factory=dict)
    queues: Mapping[str, str] = field(default_factory=dict)
    """By the DeveloperName or the label that the org has for the queue."""
    requests: ChatRequests = field(default_factory=ChatRequests)
    enhanced_url: str = ""
    """The host of Messaging for In-App and Web; empty where it is not used."""


class ChatVerdict(StrEnum):
    """How a host of the live chat answered; the value is the tail of a finding code."""

    OK = "ok"
    MOVED = "moved"
    """SwitchServer: the org lives on another host."""
    IDS_REFUSED = "ids-refused"
    """400: organisation, deployment or button are not known there."""
    REFUSED = "refused"
    """Any other 4xx: asked, and turned away."""
    UNREACHABLE = "unreachable"
    """No answer, a 5xx, or the wish that we ask later."""
    UNREADABLE = "unreadable"
    """Something answered that is not this interface."""


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """One request and its answer, without a key, a token or an id of a session in it.

    `words` are the host's own, on one line; `status` 0 means that none came.
    """

    verdict: ChatVerdict
    request: str
    status: int = 0
    words: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class SessionProof:
    """A session that was opened for the sake of opening it. `proof` is the answer with every value masked."""

    answer: ChatAnswer
    proof: str = ""
    was_deleted: bool = False
    deletion: str = ""
    """What the host said to the deletion."""


@dataclass(frozen=True, slots=True)
class ButtonState:
    """One button. `is_online` False also where the answer leaves isAvailable out; None where it is not in it."""

    is_online: bool | None
    wait_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Availability:
    """Which buttons have an agent online, by id; `moved_to` is the host of an org that was moved."""

    answer: ChatAnswer
    buttons: Mapping[str, ButtonState] = field(default_factory=dict)
    moved_to: str = ""


def classify_status(status: int) -> ChatVerdict:
    """The verdict on a status alone, for all that is no success."""
    if status == 400:
        return ChatVerdict.IDS_REFUSED
    if status in (408, 429):
        return ChatVerdict.UNREACHABLE
    if 400 <= status < 500:
        return ChatVerdict.REFUSED
    return ChatVerdict.UNREACHABLE if status >= 500 else ChatVerdict.UNREADABLE
