"""One live chat as Redis keeps it: whose it is, its LiveAgent session, where it stands."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from lab.estate.middleware import go


class Status(StrEnum):
    """Where a chat stands."""

    FAILED = "FAILED"
    ON_HOLD = "ON_HOLD"
    ACTIVE = "ACTIVE"
    CLOSED = "CLOSED"


@dataclass(frozen=True)
class Interconnection:
    """A user of a bot (`client`) and the chat opened for them."""

    user_id: str
    client: str
    session_id: str
    session_key: str
    affinity_token: str
    email: str
    phone: str
    status: Status = Status.ON_HOLD

    @property
    def key(self) -> str:
        """Where it lies in Redis."""
        return f"interconnection:{self.client}:{self.user_id}"

    @property
    def is_live(self) -> bool:
        """Whether it still has to be polled."""
        return self.status in (Status.ON_HOLD, Status.ACTIVE)

    def with_status(self, status: Status) -> Interconnection:
        """The same chat, further on."""
        return replace(self, status=status)

    def with_affinity(self, token: str) -> Interconnection:
        """The same session on another LiveAgent server."""
        return replace(self, affinity_token=token)

    def to_json(self) -> str:
        """As Redis stores it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str | bytes) -> Interconnection:
        """As Redis gave it back."""
        fields = json.loads(text)
        return cls(**{**fields, "status": Status(fields["status"])})

    def dump(self) -> str:
        """The Go struct dump that the real one puts into its logs, keys and personal data included."""
        return go.struct(
            "manage.Interconnection",
            UserID=self.user_id,
            Client=self.client,
            SessionID=self.session_id,
            SessionKey=self.session_key,
            AffinityToken=self.affinity_token,
            Status=self.status.value,
            Email=self.email,
            PhoneNumber=self.phone,
        )
