"""The short answers: a refusal, a usage problem, a help text."""

from __future__ import annotations

from bot.domain.notice import Notice, Tone
from bot.views import ids
from bot.views.card import FALLBACK, Rendered, assemble, lines_of, section
from bot.views.text import bold, code, spoken

_GLYPHS = {Tone.INFO: "ℹ️", Tone.GOOD: "✅", Tone.WARNING: "⚠️", Tone.BAD: "❌"}


def notice(key: str, shown: Notice) -> Rendered:
    """Title, lines, and an example that works."""
    example = [section(f"Example: {code(shown.example, 200)}")] if shown.example else []
    lines = [spoken(line, 900) for line in shown.lines if line.strip()]
    return assemble(
        spoken(f"{_GLYPHS[shown.tone]} {shown.title}. {' '.join(shown.lines)}", FALLBACK),
        head=[section(f"{_GLYPHS[shown.tone]} {bold(shown.title, 200)}")],
        body=[(lines_of(lines[at : at + 12]),) for at in range(0, len(lines), 12)],
        tail=example,
        more="more parts are not shown",
        metadata=(ids.NOTICE_EVENT, {"key": key, "state": shown.tone.value}),
    )
