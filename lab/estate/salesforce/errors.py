"""The two error shapes of Salesforce: OAuth's object and REST's array."""

from __future__ import annotations

from collections.abc import Sequence

EXPIRED_PASSWORD_MESSAGE = (
    "The users password has expired, you must call SetPassword before attempting any other API operations"
)


class OAuthError(Exception):
    """An answer `{error, error_description}`; status 400 in every report seen."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.error, self.description, self.status = error, description, status

    def document(self) -> dict[str, str]:
        """The body."""
        return {"error": self.error, "error_description": self.description}


class RestError(Exception):
    """An answer `[{message, errorCode, fields?}]`."""

    def __init__(self, status: int, code: str, message: str, fields: Sequence[str] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.status, self.code, self.message, self.fields = status, code, message, fields

    def document(self) -> list[dict[str, object]]:
        """The body."""
        error: dict[str, object] = {"message": self.message, "errorCode": self.code}
        if self.fields is not None:
            error["fields"] = list(self.fields)
        return [error]
