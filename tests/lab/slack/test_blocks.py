"""Block Kit validation: what Slack refuses is refused, in Slack's words; what it takes is taken."""

from typing import Any

import pytest

from lab.slack.blocks import check_message_blocks, check_view
from lab.slack.errors import SlackError

Block = dict[str, Any]


def plain(text: str) -> Block:
    """A plain_text object."""
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Block:
    """A mrkdwn object."""
    return {"type": "mrkdwn", "text": text}


def section(text: str) -> Block:
    """A section with a text."""
    return {"type": "section", "text": mrkdwn(text)}


def button(**changes: Any) -> Block:
    """A button, with something changed."""
    return {"type": "button", "action_id": "go", "text": plain("Go"), **changes}


def actions(*elements: Block) -> Block:
    """An actions block."""
    return {"type": "actions", "elements": list(elements)}


def confirm(**changes: Any) -> Block:
    """A confirmation dialog, with something changed."""
    texts = {"title": plain("Sure?"), "text": mrkdwn("Really?"), "confirm": plain("Yes"), "deny": plain("No")}
    return {**texts, **changes}


def text_input(**changes: Any) -> Block:
    """An input block with a text field."""
    element = {"type": "plain_text_input", "action_id": "reason", **changes}
    return {"type": "input", "block_id": "why", "label": plain("Why?"), "element": element}


def modal(*blocks: Block, **changes: Any) -> Block:
    """A modal, with something changed."""
    return {"type": "modal", "title": plain("T"), "submit": plain("S"), "blocks": list(blocks), **changes}


def rich_text(*runs: Block) -> Block:
    """A rich_text block of one section."""
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(runs)}]}


def table(rows: int, columns: int) -> Block:
    """A table of that size."""
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * columns] * rows}


OPTION = {"text": plain("one"), "value": "1"}

ACCEPTED = {
    "section at its limit": [section("x" * 3000)],
    "ten fields": [{"type": "section", "fields": [mrkdwn("y" * 1000)] * 10}],
    "header at its limit": [{"type": "header", "text": plain("x" * 150)}],
    "button at its limits": [actions(button(text=plain("x" * 75), value="v" * 2000, action_id="a" * 255))],
    "twenty-five buttons": [actions(*[button(action_id=str(n)) for n in range(25)])],
    "confirm at its limits": [
        actions(
            button(
                confirm=confirm(
                    title=plain("x" * 100), text=mrkdwn("x" * 300), confirm=plain("x" * 30), deny=plain("x" * 30)
                )
            )
        )
    ],
    "ten context elements": [{"type": "context", "elements": [mrkdwn("x")] * 10}],
    "fifty blocks": [{"type": "divider"}] * 50,
    "table": [table(100, 20)],
    "markdown": [{"type": "markdown", "text": "x" * 12_000}],
    "rich text": [
        rich_text({"type": "text", "text": "x", "style": {"bold": True}}, {"type": "user", "user_id": "U1"})
    ],
    "image": [{"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a"}],
    "file": [{"type": "file", "external_id": "x", "source": "remote"}],
    "alert": [{"type": "alert", "text": mrkdwn("x"), "level": "warning"}],
    "plan": [{"type": "plan", "title": "p", "tasks": [{"type": "task_card", "task_id": "1", "title": "t"}]}],
    "menus": [
        actions(
            {"type": "static_select", "action_id": "s", "options": [OPTION]},
            {"type": "users_select", "action_id": "u"},
        )
    ],
}

REFUSED = {
    "section too long": ([section("x" * 3001)], "must be less than 3001 characters", "/blocks/0/text/text"),
    "section empty": ([section("")], "must be more than 0 characters", "/blocks/0/text/text"),
    "section without anything": ([{"type": "section"}], "must define either `text` or `fields`", "/blocks/0"),
    "field too long": (
        [{"type": "section", "fields": [mrkdwn("x" * 2001)]}],
        "must be less than 2001 characters",
        "/blocks/0/fields/0/text",
    ),
    "eleven fields": (
        [{"type": "section", "fields": [mrkdwn("x")] * 11}],
        "no more than 10 items allowed",
        "/blocks/0/fields",
    ),
    "header too long": (
        [{"type": "header", "text": plain("x" * 151)}],
        "must be less than 151 characters",
        "/blocks/0/text/text",
    ),
    "header in mrkdwn": (
        [{"type": "header", "text": mrkdwn("x")}],
        "unsupported type: mrkdwn",
        "/blocks/0/text/type",
    ),
    "label too long": (
        [actions(button(text=plain("x" * 76)))],
        "must be less than 76 characters",
        "/blocks/0/elements/0/text/text",
    ),
    "value too long": (
        [actions(button(value="x" * 2001))],
        "must be less than 2001 characters",
        "/blocks/0/elements/0/value",
    ),
    "action_id too long": (
        [actions(button(action_id="x" * 256))],
        "must be less than 256 characters",
        "/blocks/0/elements/0/action_id",
    ),
    "block_id too long": (
        [{"type": "divider", "block_id": "x" * 256}],
        "must be less than 256 characters",
        "/blocks/0/block_id",
    ),
    "unknown style": (
        [actions(button(style="default"))],
        "value must be one of: primary, danger",
        "/blocks/0/elements/0/style",
    ),
    "unknown property": (
        [actions(button(colour="red"))],
        "invalid additional property: colour",
        "/blocks/0/elements/0",
    ),
    "twenty-six elements": (
        [actions(*[button(action_id=str(n)) for n in range(26)])],
        "no more than 25 items allowed",
        "/blocks/0/elements",
    ),
    "no elements": ([actions()], "must have at least 1 item", "/blocks/0/elements"),
    "eleven in a context": (
        [{"type": "context", "elements": [mrkdwn("x")] * 11}],
        "no more than 10 items allowed",
        "/blocks/0/elements",
    ),
    "confirm without deny": (
        [actions(button(confirm={k: v for k, v in confirm().items() if k != "deny"}))],
        "missing required field: deny",
        "/blocks/0/elements/0/confirm",
    ),
    "confirm text too long": (
        [actions(button(confirm=confirm(text=mrkdwn("x" * 301))))],
        "must be less than 301 characters",
        "/blocks/0/elements/0/confirm/text/text",
    ),
    "same action_id twice": (
        [actions(button(), button())],
        "`action_id` already exists: go",
        "/blocks/0/elements/1/action_id",
    ),
    "same block_id twice": (
        [{"type": "divider", "block_id": "a"}, {"type": "divider", "block_id": "a"}],
        "`block_id` already exists: a",
        "/blocks/1/block_id",
    ),
    "fifty-one blocks": ([{"type": "divider"}] * 51, "no more than 50 items allowed", "/blocks"),
    "unknown block": ([{"type": "hologram"}], "unsupported type: hologram", "/blocks/0/type"),
    "input among actions": (
        [actions({"type": "plain_text_input", "action_id": "x"})],
        "unsupported type: plain_text_input",
        "/blocks/0/elements/0/type",
    ),
    "options missing": (
        [actions({"type": "static_select", "action_id": "x"})],
        "must provide either options or option_groups",
        "/blocks/0/elements/0",
    ),
    "relative address": ([actions(button(url="/runbook"))], "invalid url", "/blocks/0/elements/0/url"),
    "too many rows": ([table(101, 1)], "no more than 100 items allowed", "/blocks/0/rows"),
    "markdown too long": (
        [{"type": "markdown", "text": "x" * 12_001}],
        "must be less than 12001 characters",
        "/blocks/0/text",
    ),
    "text instead of an object": (
        [{"type": "section", "text": "x"}],
        "must provide an object",
        "/blocks/0/text",
    ),
    "unknown rich text": (
        [rich_text({"type": "song"})],
        "unsupported type: song",
        "/blocks/0/elements/0/elements/0/type",
    ),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_slack_takes(name: str) -> None:
    """Valid blocks come back as they were."""
    assert check_message_blocks(ACCEPTED[name]) == ACCEPTED[name]


@pytest.mark.parametrize("name", REFUSED)
def test_slack_refuses(name: str) -> None:
    """Each mistake is invalid_blocks with a message and a JSON pointer."""
    blocks, message, pointer = REFUSED[name]

    with pytest.raises(SlackError) as refused:
        check_message_blocks(blocks)

    assert refused.value.code == "invalid_blocks"
    assert f"[ERROR] {message} [json-pointer:{pointer}]" in refused.value.messages


@pytest.mark.parametrize(
    ("blocks", "code"),
    [
        ([section("x" * 2900)] * 5, "msg_blocks_too_long"),
        ([table(1, 1), table(1, 1)], "only_one_table_allowed"),
        ({"type": "section"}, "invalid_blocks_format"),
        (["section"], "invalid_blocks_format"),
    ],
)
def test_whole_messages_are_refused(blocks: Any, code: str) -> None:
    """Sums and formats have codes of their own."""
    with pytest.raises(SlackError) as refused:
        check_message_blocks(blocks)

    assert refused.value.code == code


def test_a_modal_with_an_input_is_taken() -> None:
    """A view of the usual kind."""
    view = modal(section("x"), text_input(multiline=True, max_length=300), private_metadata="m" * 3000)

    assert check_view(view) == view


@pytest.mark.parametrize(
    ("view", "problem"),
    [
        (
            modal(text_input(), title=plain("x" * 25)),
            "must be less than 25 characters [json-pointer:/view/title/text]",
        ),
        (
            modal(text_input(), submit=plain("x" * 25)),
            "must be less than 25 characters [json-pointer:/view/submit/text]",
        ),
        (modal(text_input(), submit=None), "missing required field: submit [json-pointer:/view]"),
        (modal(text_input(), private_metadata="x" * 3001), "must be less than 3001 characters"),
        (modal(*[{"type": "divider"}] * 101), "no more than 100 items allowed [json-pointer:/view/blocks]"),
        (modal(), "must have at least 1 item [json-pointer:/view/blocks]"),
        (modal(table(1, 1)), "unsupported type: table [json-pointer:/view/blocks/0/type]"),
        (modal(text_input(), callback_id="x" * 256), "must be less than 256 characters"),
        ({"type": "window"}, "unsupported type: window [json-pointer:/view/type]"),
    ],
)
def test_a_wrong_view_is_refused(view: Block, problem: str) -> None:
    """views.open answers invalid_arguments with the reasons."""
    with pytest.raises(SlackError) as refused:
        check_view(view)

    assert refused.value.code == "invalid_arguments"
    assert any(problem in message for message in refused.value.messages)
