"""The words of a Slack message, wherever it keeps them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.message_text import message_text, typed_text

LINE = "dial tcp 10.0.0.9:6379: connect: no route to host"


def test_a_plain_message() -> None:
    """Entities and links are undone."""
    message = {"text": "map[a:1] &lt;nil&gt; at <https://example.com/x|the pod>"}

    assert message_text(message) == "map[a:1] <nil> at the pod"


def test_an_alert_keeps_its_words_in_attachments() -> None:
    """As monitoring tools post them: no text, one attachment with fields."""
    message = {
        "text": "",
        "attachments": [{"fallback": "Redis", "title": "Alert", "fields": [{"title": "log", "value": LINE}]}],
    }

    assert LINE in message_text(message).splitlines()


def test_rich_text_is_put_together() -> None:
    """A line that lies in pieces is one line again; what text and blocks both say is said once."""
    pieces = [
        {"type": "text", "text": "dial tcp "},
        {"type": "text", "text": "10.0.0.9:6379: connect: no route to host"},
    ]
    block = {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": pieces}]}

    assert message_text({"text": LINE, "blocks": [block]}) == LINE


def test_blocks_of_an_app() -> None:
    """Sections and fields."""
    blocks = [
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": "one"},
            "fields": [{"type": "mrkdwn", "text": "two"}],
        }
    ]

    assert message_text({"blocks": blocks}) == "one\ntwo"


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("status redis", "status redis"),
        ("\u200b\u00a0diagnose one\ntwo\u00a0\n", "diagnose one\ntwo"),
        ("freeze deploy &amp; test &lt;now&gt;", "freeze deploy & test <now>"),
        ("diagnose map[a:&amp;lt;nil&amp;gt;]", "diagnose map[a:&lt;nil&gt;]"),
        ("diagnose caf&eacute; &copy", "diagnose caf&eacute; &copy"),
        ("contact <mailto:ana@example.com|Ana>", "contact ana@example.com"),
        ("contact <tel:+525512345678|55 1234 5678>", "contact +525512345678"),
        ("runbook <http://redis-failure.md|redis-failure.md>", "runbook redis-failure.md"),
        ("diagnose GET <https://example.com/x>: 503", "diagnose GET https://example.com/x: 503"),
        ("freeze ask <@U0ADA0001|ada> in <#C0INC|incidents>", "freeze ask @ada in #incidents"),
        ("freeze ask <@U0ADA0001>", "freeze ask <@U0ADA0001>"),
    ],
)
def test_what_was_typed_is_read_without_what_slack_made_of_it(text: str, typed: str) -> None:
    """Entities are undone once, and no others than Slack's own."""
    assert typed_text(text) == typed


@pytest.mark.parametrize("fragment", ["<http:", "<http:a|", "<mailto:", "<", "|", "&lt;"])
def test_time_grows_with_the_length_only(fragment: str) -> None:
    """It is read before the acknowledgement, while every other request waits."""
    text = fragment * (40_000 // len(fragment))
    started = time.process_time()
    message_text({"text": text})
    typed_text(text)

    assert time.process_time() - started < 1


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["text", "blocks", "elements", "attachments", "type", "fields"]), inner)
    ),
    max_leaves=30,
)


@given(st.dictionaries(st.sampled_from(["text", "blocks", "attachments", "files"]), _JSON))
def test_nothing_crashes_it(message: dict[str, object]) -> None:
    """A payload is a stranger's."""
    assert isinstance(message_text(message), str)
