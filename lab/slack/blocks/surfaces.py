"""Whole messages and views: counts, sums and uniqueness over all blocks of a surface."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lab.slack.blocks.kinds import ANYWHERE, IN_MESSAGES
from lab.slack.blocks.objects import plain
from lab.slack.blocks.schema import Report, anything, boolean, listing, one_of, shape, text, typed
from lab.slack.errors import Json, SlackError

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
MARKDOWN_CHARACTERS = 12_000
# Not documented; reported by those who measured it (bolt-js issue 2509).
MESSAGE_CHARACTERS = 13_200


def check_message_blocks(blocks: Any) -> list[Json]:
    """The blocks, if Slack would take them in a message; SlackError otherwise."""
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise SlackError("invalid_blocks_format")
    report = Report()
    listing(typed(IN_MESSAGES), most=MESSAGE_BLOCKS, least=0)(blocks, "/blocks", report)
    _check_ids(blocks, "/blocks", report)
    _check_markdown(blocks, report)
    if report.messages:
        raise SlackError("invalid_blocks", messages=report.messages)
    if sum(1 for block in blocks if block["type"] == "table") > 1:
        raise SlackError("only_one_table_allowed")
    if sum(len(part) for block in blocks for part in _visible_texts(block)) > MESSAGE_CHARACTERS:
        raise SlackError("msg_blocks_too_long")
    return blocks


_COMMON = {
    "blocks": listing(typed(ANYWHERE), most=VIEW_BLOCKS),
    "type": one_of("modal", "home"),
}
_OPTIONAL = {
    "private_metadata": text(3000, 0),
    "callback_id": text(255, 0),
    "external_id": text(255, 0),
}
_MODAL = shape(
    {**_COMMON, "title": plain(24)},
    {**_OPTIONAL, "submit": plain(24), "close": plain(24), "clear_on_close": boolean,
     "notify_on_close": boolean, "submit_disabled": boolean},
)  # fmt: skip
# What a modal has and a home tab does not is ignored there.
_HOME = shape(_COMMON, {**_OPTIONAL, "title": anything, "submit": anything, "close": anything})


def check_view(view: Any) -> Json:
    """The view, if Slack would show it; SlackError invalid_arguments otherwise, as views.open answers."""
    report = Report()
    typed({"modal": _MODAL, "home": _HOME})(view, "/view", report)
    if isinstance(view, dict) and isinstance(view.get("blocks"), list):
        _check_ids(view["blocks"], "/view/blocks", report)
        has_inputs = any(isinstance(block, dict) and block.get("type") == "input" for block in view["blocks"])
        if has_inputs and view.get("type") == "modal" and not view.get("submit"):
            report.problem("missing required field: submit", "/view")
    if report.messages:
        raise SlackError("invalid_arguments", messages=report.messages)
    valid: Json = view
    return valid


def _check_ids(blocks: list[Any], at: str, report: Report) -> None:
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        if not isinstance(block, dict):
            continue
        block_id = block.get("block_id")
        if block_id and block_id in seen:
            report.problem(f"`block_id` already exists: {block_id}", f"{at}/{index}/block_id")
        seen.add(str(block_id))
        _check_action_ids(block, f"{at}/{index}", report)


def _check_action_ids(block: Json, at: str, report: Report) -> None:
    elements = block.get("elements")
    if block.get("type") != "actions" or not isinstance(elements, list):
        return
    seen: set[str] = set()
    for index, element in enumerate(elements):
        action_id = element.get("action_id") if isinstance(element, dict) else None
        if action_id and action_id in seen:
            report.problem(f"`action_id` already exists: {action_id}", f"{at}/elements/{index}/action_id")
        seen.add(str(action_id))


def _check_markdown(blocks: list[Json], report: Report) -> None:
    texts = [block.get("text") for block in blocks if block.get("type") == "markdown"]
    if sum(len(one) for one in texts if isinstance(one, str)) > MARKDOWN_CHARACTERS and len(texts) > 1:
        report.problem(f"markdown text must be less than {MARKDOWN_CHARACTERS + 1} characters in all", "/blocks")


def _visible_texts(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for one in node:
            yield from _visible_texts(one)
    elif isinstance(node, dict):
        for name, one in node.items():
            if isinstance(one, str):
                if name in {"text", "title", "alt_text"}:
                    yield one
            else:
                yield from _visible_texts(one)
