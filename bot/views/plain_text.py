"""The runbook's Markdown, as far as its pages use it, as plain text for a mail."""

from __future__ import annotations

import re
import textwrap

WIDTH = 76
_LINK = re.compile(r"\[([^\]\n]+)\]\((https?://[^)\s]+)\)")
_STRONG = re.compile(r"\*\*([^*\n]+)\*\*")
_ITEM = re.compile(r"^(\s*)([-*+]|\d+[.)])\s+(.*)$")


def to_text(markdown: str) -> str:
    """Wrapped paragraphs and items, tables as lines `cell: cell`, code indented; no markup is left."""
    blocks: list[str] = []
    block: list[str] = []
    fenced = False
    for raw in [*markdown.strip().splitlines(), ""]:
        if raw.strip().startswith("```"):
            _flush(block, blocks)
            fenced = not fenced
        elif fenced:
            blocks.append(f"    {raw.strip()}")
        elif not raw.strip():
            _flush(block, blocks)
            _gap(blocks)
        elif raw.startswith("#"):
            _flush(block, blocks)
            blocks.append(_bare(raw.lstrip("# ")).upper())
        elif raw.startswith("|"):
            _flush(block, blocks)
            blocks += _row(raw)
        else:
            if _ITEM.match(raw):
                _flush(block, blocks)
            block.append(raw)
    return "\n".join(blocks).strip()


def _flush(block: list[str], blocks: list[str]) -> None:
    """A paragraph or an item, wrapped; what follows an item's first line hangs under its text."""
    if not block:
        return
    item = _ITEM.match(block[0])
    first = f"{item[1]}{item[2]} " if item else ""
    words = [item[3] if item else block[0], *block[1:]]
    blocks.append(
        textwrap.fill(
            _bare(" ".join(line.strip() for line in words)),
            WIDTH,
            initial_indent=first,
            subsequent_indent=" " * len(first),
            break_long_words=False,
            break_on_hyphens=False,
        )
    )
    block.clear()


def _row(raw: str) -> list[str]:
    cells = [_bare(cell.strip()) for cell in raw.strip().strip("|").split("|")]
    if all(set(cell) <= set("-: ") for cell in cells):
        return []
    return [textwrap.fill("- " + ": ".join(cells), WIDTH, subsequent_indent="  ", break_on_hyphens=False)]


def _gap(blocks: list[str]) -> None:
    if blocks and blocks[-1]:
        blocks.append("")


def _bare(text: str) -> str:
    return _STRONG.sub(r"\1", _LINK.sub(r"\1 (\2)", text)).replace("`", "")
