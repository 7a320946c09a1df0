"""The mail to a team outside the company: what happened, to which user, and what to do; nothing of our inside."""

from __future__ import annotations

import textwrap
from datetime import UTC

from bot.domain.letter import Letter
from bot.domain.page import Page, PageState
from bot.domain.runbook import OUTSIDE_SECTIONS, Entry
from bot.domain.target import Target
from bot.views.plain_text import WIDTH, to_text

_SUBJECT = 120
_SENDER = "Sent by the bot of the on-call team; answers are read by people."
_RULE = "Please never send a password, a security token or a client secret by mail, ticket or chat."


def letter(page: Page, entry: Entry | None, target: Target, *, ticket: str = "") -> Letter:
    """The mail for a page; the short one that ends it where the page is resolved.

    `ticket` is the address of a ticket form, with the placeholders of `Target.link_names`. The entry's section for
    the team is what they are asked to do; an entry without one says what the failure means.
    """
    title = entry.title if entry is not None else page.entry
    names = tuple(name for name in (target.salesforce_username, target.reset_email) if name)
    parts = _over(page, title, target) if page.state is PageState.RESOLVED else _call(page, entry, title, target)
    address = ticket.format_map(target.link_names)
    body = "\n\n".join(part for part in (*parts, _foot(page, address)) if part)
    over = "Over: " if page.state is PageState.RESOLVED else ""
    return Letter(_line(f"[{target.name}] {over}{title}", _SUBJECT), f"{body}\n", names)


def _call(page: Page, entry: Entry | None, title: str, target: Target) -> tuple[str, ...]:
    greeting = f"Hello, the Salesforce integration {target.name} does not work and needs your help: {title}."
    if entry is None:
        return _fill(greeting), _fill(_seen(page, title))
    asked = entry.section(OUTSIDE_SECTIONS.get(page.team, ""))
    meaning = "" if asked else to_text(entry.section("What it means"))
    return (
        _fill(greeting),
        _headed("What happened", to_text(entry.summary), _fill(_seen(page, title))),
        _headed("Integration user", _user(target)),
        _headed("What it means", meaning),
        _headed("What to do", to_text(asked) or _fill("Please look into it, and answer this message.")),
        _headed("Please note", _fill(_RULE)),
    )


def _over(page: Page, title: str, target: Target) -> tuple[str, ...]:
    said = f"Hello, what we wrote about the Salesforce integration {target.name} is over: {title}."
    since = f"It was first seen on {_moment(page)}. You need not do anything more; thank you."
    return _fill(said), _fill(since)


def _user(target: Target) -> str:
    lines = [target.salesforce_username or "the user that the connected app runs as"]
    if target.reset_email:
        lines.append(f"Reset mails for it go to: {target.reset_email}")
    else:
        lines.append("Before a reset, ask us by answering this message to which address its mail should go.")
    return "\n".join(lines)


def _seen(page: Page, title: str) -> str:
    """The summary of the page on one line: no evidence, hence no host, pod or address of ours."""
    summary = _line(page.summary.removeprefix(f"[{page.target}]"), 300)
    return f"Seen on {_moment(page)}." if title in summary else f"Seen on {_moment(page)}: {summary}."


def _moment(page: Page) -> str:
    return f"{page.created_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _foot(page: Page, ticket: str) -> str:
    lines = [f"Ticket: {ticket}"] if ticket else []
    return "\n".join([*lines, f"Reference: {page.key}", "", "-- ", _SENDER])


def _headed(heading: str, *paragraphs: str) -> str:
    text = "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
    return f"{heading.upper()}\n\n{text}" if text else ""


def _fill(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _line(text: str, most: int) -> str:
    """One line, whatever was in it: a line break in a subject would end the header."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
