"""Rows of the org: objects and their fields, ids as Salesforce makes them, its rules for a write."""

from __future__ import annotations

import copy
from datetime import UTC, datetime

from lab.estate.salesforce.errors import RestError

Record = dict[str, object]

BLOCKED_CHAT_FIELD = "CP_BlockedChatYalo__c"
PERSON_BLOCKED_CHAT_FIELD = "CP_BlockedChatYalo__pc"
"""A field of Contact as a person account shows it."""

_SYSTEM_FIELDS = ("Id", "CreatedDate", "LastModifiedDate")
_FIELDS: dict[str, tuple[str, ...]] = {
    "Account": ("Name", "Phone", "PersonEmail", "PersonMobilePhone", "PersonContactId", "IsPersonAccount",
                "RecordTypeId", "FirstName", "LastName", PERSON_BLOCKED_CHAT_FIELD),
    "Contact": ("FirstName", "LastName", "Name", "Email", "Phone", "MobilePhone", "AccountId",
                BLOCKED_CHAT_FIELD),
    "Case": ("Subject", "Description", "Origin", "Priority", "Status", "ContactId", "AccountId", "OwnerId",
             "RecordTypeId", "CaseNumber"),
    "User": ("Username", "Name", "Email", "IsActive", "UserType"),
    "Group": ("Name", "DeveloperName", "Type", "Email", "RelatedId"),
    "GroupMember": ("GroupId", "UserOrGroupId"),
    "QueueSobject": ("QueueId", "SobjectType"),
    "LiveChatButton": ("MasterLabel", "DeveloperName", "IsActive", "QueueId", "RoutingType", "Type"),
    "LoginHistory": ("UserId", "LoginTime", "Status", "LoginType", "Application", "SourceIp", "LoginUrl"),
}  # fmt: skip
_PREFIXES = {"Account": "001", "Contact": "003", "Case": "500", "User": "005", "LoginHistory": "0Ya",
             "Group": "00G", "GroupMember": "011", "QueueSobject": "03g", "LiveChatButton": "573"}  # fmt: skip
PARENTS: dict[str, dict[str, tuple[str, str]]] = {
    "Contact": {"Account": ("AccountId", "Account")},
    "Case": {"Contact": ("ContactId", "Contact"), "Account": ("AccountId", "Account")},
    "Account": {"PersonContact": ("PersonContactId", "Contact")},
    "GroupMember": {"Group": ("GroupId", "Group")},
    "QueueSobject": {"Queue": ("QueueId", "Group")},
    "LiveChatButton": {"Queue": ("QueueId", "Group")},
}
"""Object -> relationship -> (the field with the id, the parent's object)."""
_UNDATED = {"GroupMember", "QueueSobject"}
"""These have no CreatedDate and no LastModifiedDate."""
_REQUIRED = {"Account": ("Name",), "Contact": ("LastName",)}
_READ_ONLY = {"User", "LoginHistory"}
_CHECKSUM_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def timestamp(at: float) -> str:
    """Unix seconds as Salesforce writes a dateTime, `2026-01-31T12:00:00.000+0000`."""
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


def eighteen(identifier: str) -> str:
    """The 18-character form: each five characters' upper-case letters become one check character."""
    chunks = (identifier[start : start + 5] for start in (0, 5, 10))
    sums = (sum(1 << place for place, letter in enumerate(chunk) if letter.isupper()) for chunk in chunks)
    return identifier + "".join(_CHECKSUM_ALPHABET[total] for total in sums)


class RecordStore:
    """All rows, by object type in its own spelling."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Record]] = {name: [] for name in _FIELDS}
        self._issued = 0

    def object_name(self, name: str) -> str:
        """The object's own spelling; raises INVALID_TYPE for an unknown one."""
        for known in _FIELDS:
            if known.lower() == name.lower():
                return known
        raise RestError(400, "INVALID_TYPE", f"sObject type '{name}' is not supported.")

    def object_names(self) -> tuple[str, ...]:
        """Every object type in its own spelling."""
        return tuple(_FIELDS)

    def field_names(self, object_name: str) -> tuple[str, ...]:
        """Every readable field of the object."""
        return (("Id",) if object_name in _UNDATED else _SYSTEM_FIELDS) + _FIELDS[object_name]

    def rows(self, object_name: str) -> list[Record]:
        """The rows, oldest first."""
        return self._rows[object_name]

    def add(self, object_name: str, **fields: object) -> Record:
        """Put a row in, without the API's rules: for seeding and for the service's own bookkeeping."""
        self._issued += 1
        now = timestamp(datetime.now(UTC).timestamp())
        row: Record = dict.fromkeys(self.field_names(object_name))
        row |= {"Id": eighteen(f"{_PREFIXES[object_name]}Ac{self._issued:010d}")}
        row |= {"CreatedDate": now, "LastModifiedDate": now} if object_name not in _UNDATED else {}
        row |= fields
        if object_name == "Account":
            row[PERSON_BLOCKED_CHAT_FIELD] = bool(row[PERSON_BLOCKED_CHAT_FIELD])
        if object_name == "Contact":
            row[BLOCKED_CHAT_FIELD] = bool(row[BLOCKED_CHAT_FIELD])
            row["Name"] = " ".join(str(part) for part in (row["FirstName"], row["LastName"]) if part)
        if object_name == "Case":
            row["CaseNumber"] = f"{self._issued:08d}"
        self._rows[object_name].append(row)
        return row

    def insert(self, name: str, fields: dict[str, object], hidden: set[str]) -> Record:
        """Create through the API. Raises INVALID_FIELD, REQUIRED_FIELD_MISSING, CANNOT_INSERT_UPDATE…"""
        object_name = self.object_name(name)
        if object_name in _READ_ONLY:
            raise RestError(400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"entity type cannot be inserted: {name}")
        checked = self._checked(object_name, fields, hidden)
        missing = [key for key in _REQUIRED.get(object_name, ()) if not checked.get(key)]
        if missing and not (object_name == "Account" and checked.get("LastName")):
            raise RestError(
                400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", missing
            )
        return self.add(object_name, **checked)

    def update(self, name: str, identifier: str, fields: dict[str, object], hidden: set[str]) -> None:
        """Change a row through the API. Raises NOT_FOUND or INVALID_FIELD."""
        object_name = self.object_name(name)
        self.get(name, identifier).update(self._checked(object_name, fields, hidden))

    def get(self, name: str, identifier: str) -> Record:
        """A row by its 15- or 18-character id. Raises NOT_FOUND."""
        for row in self._rows[self.object_name(name)]:
            if str(row["Id"])[:15] == identifier[:15]:
                return row
        raise RestError(404, "NOT_FOUND", "The requested resource does not exist")

    def snapshot(self) -> dict[str, list[Record]]:
        """A deep copy, for a composite request that must be all or nothing."""
        return copy.deepcopy(self._rows)

    def restore(self, rows: dict[str, list[Record]]) -> None:
        """Go back to a snapshot."""
        self._rows = rows

    def _checked(self, object_name: str, fields: dict[str, object], hidden: set[str]) -> dict[str, object]:
        spelled = {known.lower(): known for known in self.field_names(object_name) if known not in hidden}
        checked: dict[str, object] = {}
        for key, value in fields.items():
            if key == "attributes":
                continue
            if key.lower() not in spelled:
                raise RestError(400, "INVALID_FIELD", f"No such column '{key}' on sobject of type {object_name}")
            checked[spelled[key.lower()]] = value
        return checked
