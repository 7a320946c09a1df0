"""What the Web API refuses with: Slack's error code and the details that travel with it."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


class SlackError(Exception):
    """An `ok: false` answer. `messages` become `response_metadata.messages`, `extra` further top-level fields."""

    def __init__(self, code: str, *, messages: list[str] | None = None, **extra: object) -> None:
        super().__init__(code if not messages else f"{code}: {'; '.join(messages)}")
        self.code = code
        self.messages = messages or []
        self.extra = extra

    def body(self) -> Json:
        """The JSON body that Slack would send."""
        answer: Json = {"ok": False, "error": self.code, **self.extra}
        if self.messages:
            answer["errors"] = [message.removeprefix("[ERROR] ") for message in self.messages]
            answer["response_metadata"] = {"messages": self.messages}
        return answer


class ImpossibleGesture(LookupError):
    """A person was asked to do what nobody can do on a screen, e.g. click a button that is not there."""
