"""The form that asks why a plan is denied."""

from __future__ import annotations

from slack_sdk.models.blocks import InputBlock, PlainTextInputElement, PlainTextObject
from slack_sdk.models.views import View

from bot.views import ids


def deny_modal(channel: str, run_and_hash: str) -> dict[str, object]:
    """The view; `run_and_hash` is the value of the card's deny button. Both come back in private_metadata."""
    reason = InputBlock(
        block_id=ids.REASON_BLOCK,
        label=PlainTextObject(text="Why not?"),
        hint=PlainTextObject(text="It is shown on the card and kept in the audit log."),
        element=PlainTextInputElement(
            action_id=ids.REASON_INPUT, multiline=True, max_length=ids.LONGEST_REASON, focus_on_load=True
        ),
    )
    view = View(
        type="modal",
        callback_id=ids.DENY_MODAL,
        title=PlainTextObject(text="Deny the plan"),
        submit=PlainTextObject(text="Deny"),
        close=PlainTextObject(text="Cancel"),
        private_metadata=f"{channel}|{run_and_hash}",
        blocks=[reason],
    )
    return dict(view.to_dict())
