"""The runbook's Markdown, as far as its pages use it, as lines of Slack's markup."""

from __future__ import annotations

import re

from bot.views.text import block_of_code, bold, link, prose

_HEADING = re.compile(r"^#{1,6}\s+(.*)$")
_BULLET = re.compile(r"^(\s*)[-*+]\s+(.*)$")
_LINK = re.compile(r"\[([^\]\n]+)\]\((https?://[^)\s]+)\)")
_BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
_LONGEST = 1_200


def to_lines(markdown: str) -> list[str]:
    """Headings and bold become bold, bullets bullets, fenced code stays together; wrapped lines are joined."""
    lines: list[str] = []
    fenced: list[str] | None = None
    paragraph: list[str] = []
    for raw in [*markdown.strip().splitlines(), ""]:
        if raw.strip().startswith("```"):
            _flush(paragraph, lines)
            if fenced is not None:
                lines.append(block_of_code("\n".join(fenced), _LONGEST))
            fenced = None if fenced is not None else []
        elif fenced is not None:
            fenced.append(raw)
        else:
            _take(raw, paragraph, lines)
    if fenced:
        lines.append(block_of_code("\n".join(fenced), _LONGEST))
    _flush(paragraph, lines)
    return lines


def _take(raw: str, paragraph: list[str], lines: list[str]) -> None:
    heading, bullet = _HEADING.match(raw), _BULLET.match(raw)
    if heading:
        _flush(paragraph, lines)
        lines.append(bold(heading.group(1), 200))
    elif bullet:
        _flush(paragraph, lines)
        paragraph.append(f"{bullet.group(1)}• {bullet.group(2)}")
    elif not raw.strip():
        _flush(paragraph, lines)
    elif re.match(r"^\s*\d+[.)]\s", raw):
        _flush(paragraph, lines)
        paragraph.append(raw.rstrip())
    else:
        paragraph.append(raw.strip())


def _flush(paragraph: list[str], lines: list[str]) -> None:
    if paragraph:
        lines.append(_inline(" ".join(paragraph)))
        paragraph.clear()


def _inline(text: str) -> str:
    """Bold and links in a line that is else prose."""
    if len(text) > _LONGEST:
        return prose(text, _LONGEST)
    made: list[str] = []
    at = 0
    for found in re.finditer(f"{_LINK.pattern}|{_BOLD.pattern}", text):
        made.append(prose(text[at : found.start()], _LONGEST))
        label, url, strong = found.groups()
        made.append(bold(strong, _LONGEST) if strong else link(url, label))
        at = found.end()
    return "".join([*made, prose(text[at:], _LONGEST)])
