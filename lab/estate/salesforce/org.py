"""One Salesforce org as its administrator sees it: connected app, integration user, policies, rows."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from lab.estate.salesforce.records import BLOCKED_CHAT_FIELD, PERSON_BLOCKED_CHAT_FIELD, Record, RecordStore

LOCKOUT_SECONDS = 15 * 60


@dataclass
class Org:
    """Everything a scenario may change; the handlers read it at each request.

    `refuse_token_with` forces any (error, description) pair of the OAuth error table; the other switches
    produce theirs by cause. `hidden_fields` are those that the user may not see: `Name`, `Contact.Name`, or a
    whole object, `QueueSobject`. `expired_password_status` is 401 in recent releases, 403 in older ones.
    """

    client_id: str = "3MVG9acmeConnectedApp"
    client_secret: str = "acme-client-secret"
    username: str = "integration@acme.example.com"
    password: str = "acme-password"
    security_token: str = "AcmeSecurityToken01"
    organization_id: str = "00DACME00000001"

    user_is_active: bool = True
    user_is_locked: bool = False
    org_is_active: bool = True
    password_is_expired: bool = False
    expired_password_status: int = 401
    sends_empty_token: bool = False
    flow_is_disabled: bool = False
    ip_is_trusted: bool = False
    ip_is_restricted: bool = False
    app_is_approved: bool = True
    client_credentials_user: str | None = None
    certificate_pem: str | None = None
    refuse_token_with: tuple[str, str] | None = None

    api_is_disabled: str | None = None
    daily_api_requests_max: int = 15_000
    daily_api_requests_used: int = 0
    hidden_fields: set[str] = field(default_factory=set)
    query_batch_size: int = 2_000

    logins_per_hour: int = 3_600
    lock_after: int = 10
    now: Callable[[], float] = time.time

    store: RecordStore = field(default_factory=RecordStore)
    sessions: set[str] = field(default_factory=set)
    logins: list[float] = field(default_factory=list)
    _bad_passwords: int = 0
    _locked_at: float | None = None

    def __post_init__(self) -> None:
        self.user_id = self.store.add("User", Username=self.username, IsActive=True)["Id"]

    def change_password(self, password: str, security_token: str) -> None:
        """Set both (a reset renews the token), end every session and unlock, as an administrator's reset does."""
        self.password, self.security_token = password, security_token
        self.password_is_expired = False
        self.revoke_sessions()
        self.unlock()

    def revoke_sessions(self) -> None:
        """Make every access token invalid: the next call gets INVALID_SESSION_ID."""
        self.sessions.clear()

    def unlock(self) -> None:
        """What an administrator's Unlock button does."""
        self.user_is_locked, self._bad_passwords, self._locked_at = False, 0, None

    def open_session(self) -> str:
        """A fresh access token, in the shape `00D…!AQ…`."""
        token = f"{self.organization_id}!AQ{secrets.token_urlsafe(48)}"
        self.sessions.add(token)
        return token

    def is_locked(self) -> bool:
        """Locked by hand, or by too many bad passwords in a row less than a quarter of an hour ago."""
        if self._locked_at is not None and self.now() - self._locked_at >= LOCKOUT_SECONDS:
            self.unlock()
        return self.user_is_locked

    def note_bad_password(self) -> None:
        """Count towards the lock-out."""
        self._bad_passwords += 1
        if self._bad_passwords >= self.lock_after:
            self.user_is_locked, self._locked_at = True, self.now()

    def note_good_password(self) -> None:
        """A success forgives the failures before it."""
        self._bad_passwords = 0

    def takes_one_more_login(self) -> bool:
        """Count this attempt of the user's; False when the hour's allowance is gone."""
        hour_ago = self.now() - 3_600
        self.logins[:] = [at for at in self.logins if at > hour_ago]
        if len(self.logins) >= self.logins_per_hour:
            return False
        self.logins.append(self.now())
        return True

    def add_contact(self, **fields: object) -> Record:
        """A contact; LastName is filled in when missing."""
        return self.store.add("Contact", **{"LastName": "Perez", **fields})

    def add_account(self, **fields: object) -> Record:
        """An account, or a person account when PersonEmail is given."""
        return self.store.add("Account", **{"Name": "Acme", **fields})

    def add_person_account(
        self, *, name: str, email: str, mobile_phone: str = "", is_blocked: bool = False
    ) -> Record:
        """A person account, and the contact that Salesforce keeps behind it."""
        first, _, last = name.rpartition(" ")
        contact = self.store.add(
            "Contact",
            FirstName=first,
            LastName=last,
            Email=email,
            MobilePhone=mobile_phone,
            **{BLOCKED_CHAT_FIELD: is_blocked},
        )
        account = self.store.add(
            "Account",
            Name=name,
            FirstName=first,
            LastName=last,
            IsPersonAccount=True,
            PersonEmail=email,
            PersonMobilePhone=mobile_phone,
            PersonContactId=contact["Id"],
            **{PERSON_BLOCKED_CHAT_FIELD: is_blocked},
        )
        contact["AccountId"] = account["Id"]
        return account

    def add_queue(self, name: str, *members: Record, serves: str = "Case") -> Record:
        """A queue that serves that object, with these users or groups as members."""
        developer_name = name.replace(" ", "_")
        queue = self.store.add("Group", Name=name, DeveloperName=developer_name, Type="Queue")
        self.store.add("QueueSobject", QueueId=queue["Id"], SobjectType=serves)
        for member in members:
            self.store.add("GroupMember", GroupId=queue["Id"], UserOrGroupId=member["Id"])
        return queue

    def add_user(self, name: str, *, is_active: bool = True) -> Record:
        """An agent or any other user."""
        username = f"{name.lower().replace(' ', '.')}@acme.example.com"
        return self.store.add(
            "User", Name=name, Username=username, Email=username, IsActive=is_active, UserType="Standard"
        )
