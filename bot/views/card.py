"""A message within Slack's limits: what must stay always stays, what is too much is left out and counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ConfirmObject,
    ContextBlock,
    HeaderBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from bot.domain.click import Click, button
from bot.views.text import plain

MOST_BLOCKS = 50
MOST_CHARACTERS = 11_000
"""Slack refuses a message near 13,000 characters in all; the fallback text comes on top."""
SECTION = 2_900
"""Below the 3,000 that Slack takes, because the redaction gate may still lengthen a text a little."""
HEADER, BUTTON, FALLBACK = 140, 70, 600
_VALUE = 2_000


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message as the Web API takes it."""

    text: str
    blocks: list[dict[str, object]]
    metadata: dict[str, object]
    left_out: int = 0
    """How many groups of the body did not fit."""


def header(text: str) -> Block:
    """A header of plain text."""
    return HeaderBlock(text=PlainTextObject(text=plain(text, HEADER), emoji=False))


def section(mrkdwn: str) -> Block:
    """A paragraph, cut to SECTION by the caller."""
    return SectionBlock(text=_markup(mrkdwn))


def lines_of(lines: Sequence[str]) -> Block:
    """A section of whole lines, as many as fit; how many do not is said."""
    kept: list[str] = []
    left = SECTION - 40
    for line in lines:
        left -= len(line) + 1
        if left < 0:
            kept.append(f"… and {len(lines) - len(kept)} more")
            break
        kept.append(line)
    return section("\n".join(kept))


def context(mrkdwn: str) -> Block:
    """A small grey line."""
    return ContextBlock(elements=[_markup(mrkdwn)])


def press(
    label: str, click: Click, nth: int = 0, *, style: str | None = None, confirm: ConfirmObject | None = None
) -> ButtonElement | None:
    """A button; None where its value would not fit, since a cut value would mean something else."""
    made = button(click, nth)
    if len(made.value) > _VALUE or not made.value:
        return None
    return ButtonElement(
        text=PlainTextObject(text=plain(label, BUTTON), emoji=True),
        action_id=made.action_id,
        value=made.value,
        style=style,
        confirm=confirm,
    )


def actions(buttons: Iterable[ButtonElement | None]) -> tuple[Block, ...]:
    """A row of the buttons there are; none for none."""
    there = [each for each in buttons if each is not None]
    return (ActionsBlock(elements=there[:25]),) if there else ()


def assemble(
    text: str,
    *,
    head: Sequence[Block],
    body: Sequence[Sequence[Block]] = (),
    tail: Sequence[Block] = (),
    more: str = "more",
    metadata: tuple[str, Mapping[str, object]],
) -> Rendered:
    """Head and tail whole, and as many groups of the body as fit between them; `more` names what is left out.

    `text` is the escaped fallback, which notifications show.
    """
    fixed = [*map(_shape, head)], [*map(_shape, tail)]
    blocks_left = MOST_BLOCKS - len(fixed[0]) - len(fixed[1]) - 1
    characters_left = MOST_CHARACTERS - sum(map(_size, [*fixed[0], *fixed[1]]))
    middle: list[dict[str, object]] = []
    left_out = 0
    for taken, group in enumerate(body):
        shaped = [_shape(block) for block in group]
        blocks_left -= len(shaped)
        characters_left -= sum(map(_size, shaped))
        if blocks_left < 0 or characters_left < 0:
            left_out = len(body) - taken
            middle.append(_shape(context(f"… {left_out} {more}")))
            break
        middle.extend(shaped)
    event, payload = metadata
    return Rendered(
        text,
        [*fixed[0], *middle, *fixed[1]],
        {"event_type": event, "event_payload": dict(payload)},
        left_out,
    )


def _markup(mrkdwn: str) -> MarkdownTextObject:
    """`verbatim`: Slack makes no links of its own. A text that turned out empty would be refused."""
    return MarkdownTextObject(text=mrkdwn if mrkdwn.strip() else "-", verbatim=True)


def _shape(block: Block) -> dict[str, object]:
    return dict(block.to_dict())


def _size(node: object) -> int:
    """Characters of everything in a block, names of fields and ids left out."""
    if isinstance(node, str):
        return len(node)
    if isinstance(node, Mapping):
        return sum(_size(value) for name, value in node.items() if name not in ("type", "style"))
    return sum(map(_size, node)) if isinstance(node, list) else 0
