"""The words of a Slack message, wherever it keeps them: its text, its blocks, the attachments of alerting tools.

Source of the contract: Slack's reference of messages and of Block Kit. Nothing in it is trusted to be there.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping

_LINK = re.compile(r"<((?:https?|mailto|tel):[^|<>]*+)(?:\|([^<>]*+))?>")
_MENTION = re.compile(r"<([@#])[A-Z0-9]+\|([^<>|]+)>")
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">"}
_ENTITY = re.compile("|".join(_ENTITIES))
_EDGES = " \t\r\n\u00a0\u200b\u200c\u200d\u2060\ufeff"
"""What comes along with a copied text and nobody sees."""
_WORDS = ("text", "title", "pretext", "fallback", "value")
_NESTED = ("blocks", "attachments", "elements", "fields", "accessory")
_LONGEST = 100_000
"""Characters; Slack keeps far less in one message."""
_DEEPEST = 12


def message_text(message: Mapping[str, object]) -> str:
    """Every text of it on lines of its own, each once; markup and entities taken out."""
    seen: dict[str, None] = {}
    for text in _texts(message, 0):
        for line in _plain(text).splitlines():
            if line.strip():
                seen.setdefault(line)
    return "\n".join(seen)[:_LONGEST]


def typed_text(text: str) -> str:
    """What a person typed after a command, without what Slack made of it: three entities, links, named mentions.

    Whether it makes links and mentions at all is a setting of the app (`should_escape`); entities it always makes.
    """
    text = text.strip(_EDGES)
    if "<" in text:
        text = _MENTION.sub(r"\1\2", _LINK.sub(_typed_link, text))
    return _ENTITY.sub(lambda entity: _ENTITIES[entity[0]], text) if "&" in text else text


def _typed_link(link: re.Match[str]) -> str:
    """Of a web page its label, which was typed; of an address what it reaches, whatever it is called."""
    scheme, _, target = link[1].partition(":")
    return target.partition("?")[0] if scheme in ("mailto", "tel") else link[2] or link[1]


def _texts(node: Mapping[str, object], depth: int) -> Iterator[str]:
    if node.get("type") in ("rich_text_section", "rich_text_preformatted", "rich_text_quote"):
        yield "".join(_pieces(node.get("elements")))
        return
    for name in _WORDS:
        value = node.get(name)
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping) and depth < _DEEPEST:
            yield from _texts(value, depth + 1)
    for name in _NESTED:
        value = node.get(name)
        children = value if isinstance(value, list) else [value]
        for child in children:
            if isinstance(child, Mapping) and depth < _DEEPEST:
                yield from _texts(child, depth + 1)


def _pieces(elements: object) -> Iterator[str]:
    """One line of rich text lies in pieces: words, links, code."""
    for element in elements if isinstance(elements, list) else []:
        if isinstance(element, Mapping):
            yield str(element.get("text") or element.get("url") or "")


def _plain(text: str) -> str:
    return html.unescape(_LINK.sub(lambda link: link[2] or link[1], text))
