"""The form for a text that is too long for a command."""

from __future__ import annotations

from slack_sdk.models.blocks import (
    ContextBlock,
    InputBlock,
    MarkdownTextObject,
    PlainTextInputElement,
    PlainTextObject,
)
from slack_sdk.models.views import View

from bot.views import ids


def diagnose_modal(channel: str, target: str) -> dict[str, object]:
    """The view; channel and target (perhaps empty) come back in private_metadata."""
    text = InputBlock(
        block_id=ids.TEXT_BLOCK,
        label=PlainTextObject(text="Which text?"),
        hint=PlainTextObject(text="An error message, or lines of a log. Secrets in it are masked in the answer."),
        element=PlainTextInputElement(
            action_id=ids.TEXT_INPUT, multiline=True, max_length=ids.LONGEST_TEXT, focus_on_load=True
        ),
    )
    longer = "Longer ones: post them as a snippet, and choose *Match to the runbook* among its shortcuts."
    view = View(
        type="modal",
        callback_id=ids.DIAGNOSE_MODAL,
        title=PlainTextObject(text="Match to the runbook"),
        submit=PlainTextObject(text="Match"),
        close=PlainTextObject(text="Cancel"),
        private_metadata=f"{channel}|{target}",
        blocks=[text, ContextBlock(elements=[MarkdownTextObject(text=longer, verbatim=True)])],
    )
    return dict(view.to_dict())
