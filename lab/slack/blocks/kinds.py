"""One rule for each type of block. Limits: docs.slack.dev/reference/block-kit/blocks."""

from __future__ import annotations

from typing import Any

from lab.slack.blocks.elements import IMAGE, IN_ACTIONS, IN_INPUT, IN_SECTION
from lab.slack.blocks.objects import SLACK_FILE, plain, rich
from lab.slack.blocks.rich_text import PARTS, rich_text
from lab.slack.blocks.schema import (
    Check,
    Report,
    anything,
    boolean,
    both,
    listing,
    number,
    one_of,
    shape,
    text,
    typed,
    url,
)

BLOCK_ID = text(255)


def _block(required: dict[str, Check], optional: dict[str, Check] | None = None) -> Check:
    return shape(required, {"block_id": BLOCK_ID, **(optional or {})})


def _section_says_something(value: Any, at: str, report: Report) -> None:
    if value.get("text") is None and value.get("fields") is None:
        report.problem("must define either `text` or `fields`", at)


def _image_has_a_source(value: Any, at: str, report: Report) -> None:
    if ("image_url" in value) == ("slack_file" in value):
        report.problem("must provide either image_url or slack_file", at)


def _rows_are_even(value: Any, at: str, report: Report) -> None:
    rows = value.get("rows")
    if isinstance(rows, list) and len({len(row) for row in rows if isinstance(row, list)}) > 1:
        report.problem("all rows must have the same number of cells", f"{at}/rows")


_CELL = typed(
    {
        "raw_text": shape({"text": text(10_000)}),
        "raw_number": shape({"value": anything}, {"text": text(10_000)}),
        "rich_text": rich_text,
    }
)
_COLUMN = shape({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean})

_TASK = _block(
    {"task_id": text(255), "title": text(255)},
    {"status": one_of("pending", "in_progress", "complete", "error"), "details": rich_text,
     "output": rich_text, "sources": listing(typed({"url": shape({"url": url, "text": text(255)})}), most=20)},
)  # fmt: skip

ANYWHERE: dict[str, Check] = {
    "section": both(
        _block(
            {},
            {"text": rich(3000), "fields": listing(rich(2000), most=10), "accessory": typed(IN_SECTION),
             "expand": boolean},
        ),
        _section_says_something,
    ),
    "header": _block({"text": plain(150)}, {"level": number(1, 6)}),
    "divider": _block({}),
    "context": _block({"elements": listing(
        typed({"image": IMAGE, "plain_text": plain(3000), "mrkdwn": rich(3000)}), most=10)}),
    "actions": _block({"elements": listing(typed(IN_ACTIONS), most=25)}),
    "input": _block(
        {"label": plain(2000), "element": typed(IN_INPUT)},
        {"hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "image": both(
        _block(
            {"alt_text": text(2000)}, {"title": plain(2000), "image_url": url, "slack_file": SLACK_FILE}
        ),
        _image_has_a_source,
    ),
    "rich_text": _block({"elements": PARTS}),
    "alert": _block(
        {"text": rich(3000)}, {"level": one_of("default", "info", "warning", "error", "success")}
    ),
}  # fmt: skip

IN_MESSAGES: dict[str, Check] = {
    **ANYWHERE,
    "markdown": _block({"text": text(12_000)}),
    "table": both(
        _block(
            {"rows": listing(listing(_CELL, most=20), most=100)},
            {"column_settings": listing(_COLUMN, most=20)},
        ),
        _rows_are_even,
    ),
    "file": _block({"external_id": text(255), "source": one_of("remote")}),
    "task_card": _TASK,
    "plan": _block({"title": text(255)}, {"tasks": listing(typed({"task_card": _TASK}), most=50, least=0)}),
}
