"""What a peer or a person wrote, as text for Slack that can be copied and cannot be mistaken for markup."""

from __future__ import annotations

import pytest

from bot.views.text import bold, prose, spoken

JOINER = "\u2060"


@pytest.mark.parametrize(
    "text",
    [
        "integrations_passthrough_messages",
        "CP_BlockedChatYalo__c",
        "type `kubectl -n integrations get pods -l app=redis_node` by hand",
        "(`_all_`)",
        "INVALID_OPERATION_WITH_EXPIRED_PASSWORD: 2*3 at 10~20",
    ],
)
def test_a_name_can_be_copied(text: str) -> None:
    """In a word and in code Slack formats nothing, so nothing invisible is needed there."""
    assert prose(text, 500) == spoken(text, 500) == text


@pytest.mark.parametrize(
    "text", ["*all is well*", "_x_", "~gone~", "a `b *c*", "x`*y*`z", "***78", "a***@b***.com"]
)
def test_what_would_be_formatted_is_quiet(text: str) -> None:
    """A log line must not look like a finding of ours; a backtick without its fellow, or in a word, is no code."""
    quiet = prose(text, 500)

    assert quiet.replace(JOINER, "") == text
    assert all(f"{JOINER}{char}{JOINER}" in quiet for char in "*_~" if char in text)


def test_code_is_escaped_all_the_same() -> None:
    """Slack reads mentions and links in code, too."""
    assert prose("`<!channel> & <@U0RITA001>`", 500) == "`&lt;!channel&gt; &amp; &lt;@U0RITA001&gt;`"


def test_bold_keeps_names_whole() -> None:
    """A heading that names a field."""
    assert bold("CP_BlockedChatYalo__c is true", 100) == "*CP_BlockedChatYalo__c is true*"
