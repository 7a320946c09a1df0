"""Text for Slack: what a peer or a person wrote is escaped, and cannot become markup, a link or a loud mention."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

ELLIPSIS = "…"
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_USER = re.compile(r"<@[UW][A-Z0-9]{2,20}>")
_LOUD = "*_~"
_JOINER = "\u2060"
"""Invisible; next to `*`, `_` or `~` it keeps Slack from reading them as formatting."""
_PART = re.compile(
    r"(?P<code>(?<![\w`])`[^`\n]+`(?![\w`]))|(?P<inner>(?<=[A-Za-z0-9])[*_~]+(?=[A-Za-z0-9]))|(?P<other>.)", re.S
)
"""In code, and within a word, Slack formats nothing: a name that somebody copies has nothing invisible in it."""
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Control characters and direction overrides, which could make a line read as something else."""


def prose(text: str, most: int) -> str:
    """Escaped mrkdwn of at most `most` characters: plain words and code in backticks, whoever wrote them.

    A mention in it is shown and calls nobody: a log line must not wake people up.
    """
    return _fit(_parts(_clean(text)), most)


def spoken(text: str, most: int) -> str:
    """The same for the bot's own sentences, in which a mention of a person is meant."""
    return _fit(_pieces(_clean(text)), most)


def code(text: str, most: int) -> str:
    """One line in code style, at most `most` characters; a backtick in it becomes a similar sign."""
    line = " ".join(_clean(text).replace("`", "ˋ").split()) or " "
    return f"`{_fit((_ENTITIES.get(char, char) for char in line), most - 2)}`"


def block_of_code(text: str, most: int) -> str:
    """Several lines in code style, at most `most` characters."""
    body = _clean(text).replace("`", "ˋ") or " "
    return f"```{_fit((_ENTITIES.get(char, char) for char in body), most - 6)}```"


def plain(text: str, most: int) -> str:
    """For headers, labels and dialogs, which know no markup: one line, not escaped, at most `most` characters."""
    line = " ".join(_clean(text).split()) or "-"
    return line if len(line) <= most else f"{line[: most - 1]}{ELLIPSIS}"


def bold(text: str, most: int) -> str:
    """Escaped and bold, on one line; a backtick in it becomes a similar sign, as code ends bold."""
    line = " ".join(_clean(text).replace("`", "ˋ").split()) or "-"
    return f"*{_fit(_parts(line), most - 2)}*"


def user(user_id: str) -> str:
    """A mention of a person; anything that is no user id is shown as it is."""
    mention = f"<@{user_id}>"
    return mention if _USER.fullmatch(mention) else prose(user_id, 60)


def link(url: str, label: str) -> str:
    """A link from the configuration or the runbook; one that could break out of its brackets is shown as text."""
    if not re.fullmatch(r"https?://[^\s<>|]{1,500}", url):
        return prose(f"{label}: {url}", 600)
    return f"<{url.replace('&', '&amp;')}|{prose(label, 150).replace('|', '¦')}>"


def moment(at: datetime, shape: str = "{date_short_pretty} {time}") -> str:
    """A time in the reader's own time zone, UTC where the client cannot."""
    return f"<!date^{int(at.timestamp())}^{shape}|{at:%Y-%m-%d %H:%M} UTC>"


def _clean(text: str) -> str:
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\t", " "))


def _pieces(text: str) -> Iterable[str]:
    """The smallest parts that may not be cut: a character, an entity, a mention."""
    at = 0
    for mention in _USER.finditer(text):
        yield from _parts(text[at : mention.start()])
        yield mention.group()
        at = mention.end()
    yield from _parts(text[at:])


def _parts(text: str) -> Iterable[str]:
    """Characters and entities, the loud ones quiet where they could be heard."""
    for part in _PART.finditer(text):
        if part.lastgroup == "other":
            yield _quiet(part[0])
        else:
            yield from (_ENTITIES.get(char, char) for char in part[0])


def _quiet(char: str) -> str:
    return f"{_JOINER}{char}{_JOINER}" if char in _LOUD else _ENTITIES.get(char, char)


def _fit(pieces: Iterable[str], most: int) -> str:
    kept: list[str] = []
    length = 0
    for piece in pieces:
        if length + len(piece) > most:
            while kept and length + 1 > most:
                length -= len(kept.pop())
            return "".join(kept) + ELLIPSIS
        kept.append(piece)
        length += len(piece)
    return "".join(kept)
