"""Slack's own markup as HTML: escapes, mentions, links, dates, emoji, bold, italic, strike, code, quotes."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from lab.slack.emoji import BY_GLYPH, BY_NAME, DRAWN


class Names(Protocol):
    """Who and what an id stands for."""

    def name_of(self, kind: str, identifier: str) -> str:
        """The display name of a user, channel or subteam; the id itself when unknown."""


_CODE_BLOCK = re.compile(r"```\n?(.+?)\n?```\n?", re.S)
_CODE = re.compile(r"`([^`\n]+)`")
_ANGLES = re.compile(r"<([^<>\n]+)>")
_BARE_URL = re.compile(r"\bhttps?://[^\s<>\x00|\"']*[\w/#=]")
_STYLES = (("strong", r"\*"), ("em", "_"), ("s", "~"))
_EMOJI = re.compile(r":([a-z0-9_+-]+):|(" + "|".join(map(re.escape, BY_GLYPH)) + ")\ufe0f?")
_SAFE_URL = re.compile(r"(https?|mailto|slack):", re.I)


def to_html(text: str, names: Names, *, is_verbatim: bool = False) -> str:
    """Safe HTML of a mrkdwn text; a verbatim one keeps bare addresses as they are."""
    kept: list[str] = []

    def keep(markup: str) -> str:
        kept.append(markup)
        return f"\x00{len(kept) - 1}\x00"

    text = text.replace("\x00", "")
    text = _CODE_BLOCK.sub(lambda m: keep(f"<pre>{_literal(m[1], names)}</pre>"), text)
    text = _CODE.sub(lambda m: keep(f"<code>{_literal(m[1], names)}</code>"), text)
    text = _ANGLES.sub(lambda m: keep(_angle(m[1], names)), text)
    if not is_verbatim:
        text = _BARE_URL.sub(lambda m: keep(_angle(m[0], names)), text)
    text = _safe(text)
    text = _EMOJI.sub(lambda m: keep(_emoji(m)), text)
    for tag, mark in _STYLES:
        text = re.sub(
            rf"(?<![\w{mark}]){mark}(?=\S)([^\n]+?)(?<=\S){mark}(?![\w{mark}])", rf"<{tag}>\1</{tag}>", text
        )
    text = _quotes(text).replace("\n", "<br>")
    return _restore(text, kept)


def plain_to_html(text: str) -> str:
    """Safe HTML of a plain_text: only emoji mean something."""
    return _EMOJI.sub(_emoji, html.escape(text)).replace("\n", "<br>")


def markdown_to_html(text: str, names: Names) -> str:
    """The common part of standard Markdown, by way of mrkdwn."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = re.sub(r"^&gt; ?", "> ", text, flags=re.M)
    text = re.sub(r"\[([^\]]+)\]\((\S+?)\)", r"<\2|\1>", text)
    text = re.sub(r"^#{1,6} +(.+)$", r"**\1**", text, flags=re.M)
    text = re.sub(r"^(\s*)[-*] +", r"\1• ", text, flags=re.M)
    text = re.sub(r"(?<!\*)\*(?!\*)([^*\n]+)\*(?!\*)", r"_\1_", text)
    return to_html(re.sub(r"\*\*(.+?)\*\*", r"*\1*", text), names)


def _safe(text: str) -> str:
    return html.escape(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"), quote=True)


def _literal(text: str, names: Names) -> str:
    """Code: no styles, but links and mentions in it are still links."""
    parts = _ANGLES.split(text)
    return "".join(_angle(part, names) if index % 2 else _safe(part) for index, part in enumerate(parts))


def _restore(text: str, kept: list[str]) -> str:
    while "\x00" in text:
        text = re.sub("\x00(\\d+)\x00", lambda m: kept[int(m[1])], text)
    return text


def _quotes(text: str) -> str:
    lines: list[str] = []
    for line in text.split("\n"):
        if line.startswith("&gt;"):
            quoted = f"<blockquote>{line[4:].lstrip()}</blockquote>"
            if lines and lines[-1].startswith("<blockquote>"):
                lines[-1] = lines[-1].removesuffix("</blockquote>") + "<br>" + quoted.removeprefix("<blockquote>")
            else:
                lines.append(quoted)
        else:
            lines.append(line)
    return re.sub(r"</blockquote>\n", "</blockquote>", "\n".join(lines))


def _angle(inside: str, names: Names) -> str:
    target, _, label = inside.partition("|")
    for sign, kind, before in (("@", "user", "@"), ("#", "channel", "#"), ("!subteam^", "subteam", "@")):
        if target.startswith(sign):
            name = names.name_of(kind, target.removeprefix(sign))
            return f'<span class="mention">{html.escape(before + name)}</span>'
    if target.startswith("!date^"):
        return f"<time>{html.escape(_date(target, label))}</time>"
    if target.startswith("!"):
        return f'<span class="mention">@{html.escape(target[1:])}</span>'
    if not _SAFE_URL.match(target):
        return _safe(f"<{inside}>")
    shown = _safe(label) if label else _safe(target.removeprefix("mailto:"))
    return f'<a href="{_safe(target)}" target="_blank" rel="noreferrer">{shown}</a>'


_FORMATS: dict[str, Callable[[datetime], str]] = {
    "{date_num}": lambda at: f"{at:%Y-%m-%d}",
    "{date}": lambda at: f"{at:%B} {at.day}, {at:%Y}",
    "{date_short}": lambda at: f"{at:%b} {at.day}, {at:%Y}",
    "{date_long}": lambda at: f"{at:%A}, {at:%B} {at.day}, {at:%Y}",
    "{date_pretty}": lambda at: f"{at:%B} {at.day}, {at:%Y}",
    "{date_short_pretty}": lambda at: f"{at:%b} {at.day}, {at:%Y}",
    "{date_long_pretty}": lambda at: f"{at:%A}, {at:%B} {at.day}, {at:%Y}",
    "{time}": lambda at: f"{at:%H:%M}",
    "{time_secs}": lambda at: f"{at:%H:%M:%S}",
    "{ago}": lambda at: f"{at:%H:%M:%S}",
}


def _date(target: str, fallback: str) -> str:
    pieces = target.split("^")
    if len(pieces) < 3 or not pieces[1].isdigit():
        return fallback
    at = datetime.fromtimestamp(int(pieces[1]), UTC)
    shown = pieces[2]
    for token, written in _FORMATS.items():
        shown = shown.replace(token, written(at))
    return shown


def _emoji(found: re.Match[str]) -> str:
    name = found[1] or BY_GLYPH[found[2]]
    if name not in BY_NAME:
        return found[0]
    label = f'class="emoji" role="img" aria-label="{name}" title=":{name}:"'
    if name in DRAWN:
        return f'<svg {label}><use href="#e-{name}"/></svg>'
    return f"<span {label}>{BY_NAME[name]}</span>"
