"""mrkdwn as HTML: Slack's escapes and markup, and nothing that a message could smuggle in."""

import pytest
from jinja2 import Environment, PackageLoader

from lab.slack.emoji import BY_NAME, DRAWN
from lab.slack.mrkdwn import markdown_to_html, plain_to_html, to_html


class Names:
    """Two known ids."""

    def name_of(self, kind: str, identifier: str) -> str:
        """The name, else the id."""
        return {"U1": "Rita", "S1": "ops", "C1": "inc"}.get(identifier, identifier)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*bold* _it_ ~old~", "<strong>bold</strong> <em>it</em> <s>old</s>"),
        ("snake_case_name 2*3*4", "snake_case_name 2*3*4"),
        ("`a *b* <c`", "<code>a *b* &lt;c</code>"),
        ("```\nx &lt; y\n```", "<pre>x &lt; y</pre>"),
        ("a &amp; b &lt;c&gt;", "a &amp; b &lt;c&gt;"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("<javascript:alert(1)|x>", "&lt;javascript:alert(1)|x&gt;"),
        ("<@U1> <#C1> <!subteam^S1> <!here>", None),
        (
            "<https://example.com/a?b=1&amp;c=2|the page>",
            '<a href="https://example.com/a?b=1&amp;c=2" target="_blank" rel="noreferrer">the page</a>',
        ),
        ("&gt; quoted\nnot", "<blockquote>quoted</blockquote>not"),
        ("<!date^1795000000^{date_num} {time}|then>", "<time>2026-11-18 11:06</time>"),
        ("10:30:15", "10:30:15"),
    ],
)
def test_mrkdwn(text: str, html: str | None) -> None:
    """Each construct; mentions show names."""
    made = to_html(text, Names())

    if html is None:
        spans = "".join(f'<span class="mention">{name}</span> ' for name in ("@Rita", "#inc", "@ops", "@here"))
        assert made == spans.strip()
    else:
        assert made == html


def test_emoji_are_drawn_or_written() -> None:
    """States have drawings, others their character, unknown names stay."""
    made = to_html(":red_circle: 🔴 :rocket: :nonsense:", Names())

    assert made.count('<use href="#e-red_circle"/>') == 2
    assert "🚀" in made
    assert ":nonsense:" in made


def test_plain_text_knows_no_markup() -> None:
    """plain_text shows asterisks and angle brackets."""
    assert plain_to_html("*a* <b>") == "*a* &lt;b&gt;"


def test_standard_markdown_is_understood() -> None:
    """Headings, bold, italic, lists and links."""
    made = markdown_to_html("# Title\n- **a** and *b* [c](https://example.com/)", Names())

    assert made.startswith("<strong>Title</strong><br>• <strong>a</strong> and <em>b</em> <a href=")


def test_every_drawn_emoji_has_its_drawing() -> None:
    """The sprite has one symbol for each name, and each name is known."""
    sprite = (
        Environment(loader=PackageLoader("lab.slack.page"), autoescape=True).get_template("emoji.svg").render()
    )

    assert {name for name in DRAWN if f'id="e-{name}"' in sprite} == DRAWN
    assert set(BY_NAME) >= DRAWN


def test_bare_addresses_become_links_unless_verbatim() -> None:
    """As Slack does with mrkdwn that is not `verbatim`."""
    assert to_html("see https://example.com/a.", Names()).count("<a href=") == 1
    assert to_html("see https://example.com/a.", Names(), is_verbatim=True) == "see https://example.com/a."
