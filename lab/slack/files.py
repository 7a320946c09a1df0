"""Uploaded files: an upload URL, the bytes, the completed file; and those that people post."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field


@dataclass
class StoredFile:
    """A file that the app announced; `content` is None until its bytes have come."""

    id: str
    name: str
    length: int
    ticket: str
    title: str = ""
    content: bytes | None = None
    completed: bool = False
    owner: str = ""
    """The person who posted it; empty for the app's own."""
    channels: list[str] = field(default_factory=list)
    """Where it was shared."""


class FileStore:
    """Files by id and by upload ticket."""

    def __init__(self) -> None:
        self._files: dict[str, StoredFile] = {}

    def announce(self, name: str, length: int) -> StoredFile:
        """A file that is about to be uploaded."""
        made = StoredFile(f"F{secrets.token_hex(5).upper()}", name, length, secrets.token_urlsafe(24))
        self._files[made.id] = made
        return made

    def contents(self) -> list[bytes]:
        """The bytes of every file that has come, in the order of their announcement."""
        return [file.content for file in self._files.values() if file.content is not None]

    def get(self, file_id: str) -> StoredFile | None:
        """The file, if there is such a one."""
        return self._files.get(file_id)

    def by_ticket(self, ticket: str) -> StoredFile | None:
        """The file that this upload address is for."""
        return next((one for one in self._files.values() if one.ticket == ticket), None)
