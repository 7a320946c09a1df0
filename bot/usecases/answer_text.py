"""Texts that do not come by a command: the form for long ones, and the shortcut on any message, its files too."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.command import Command
from bot.domain.errors import SfintError
from bot.domain.notice import Notice, Tone
from bot.ports.chat import under_message
from bot.usecases.admit import admit_person, admit_to_target
from bot.usecases.ask import Ask, whisper
from bot.usecases.desk import Desk
from bot.usecases.diagnose import diagnose

_MOST_FILES = 5


async def answer_text_form(desk: Desk, ask: Ask, target_name: str, text: str) -> None:
    """The submitted form; `target_name` is what `--target` said when it was opened, or empty."""
    options: dict[str, str | bool] = {"target": target_name} if target_name else {}
    command = Command("diagnose", (), options)
    if not await admit_person(desk, ask):
        return
    target = await admit_to_target(desk, ask, command)
    if target is not None:
        await diagnose(desk, ask, target, text, source="a text")


async def answer_shortcut(desk: Desk, ask: Ask, facts: Mapping[str, str]) -> None:
    """Answers in the thread of the message, where everybody sees which page it belongs to."""
    if not await admit_person(desk, ask):
        return
    target = await admit_to_target(desk, ask, Command("diagnose", (), {}))
    if target is None:
        return
    parts, problems = [facts.get("text", "")], []
    ids = facts.get("files", "").split()
    for file_id in ids[:_MOST_FILES]:
        try:
            file = await desk.attachments.read(file_id)
        except SfintError as error:
            problems.append(f"A file of it could not be read: {error}.")
        else:
            parts.append(file.text)
            problems += [f"Only the beginning of {file.name} was read."] if file.is_cut else []
    problems += [f"Only {_MOST_FILES} of its {len(ids)} files were read."] if len(ids) > _MOST_FILES else []
    text = "\n".join(parts)
    if problems or not text.strip():
        problems += [] if text.strip() else ["There is no text in it that could be matched."]
        await whisper(desk, ask, Notice("Not all of the message was read", tuple(problems), tone=Tone.WARNING))
    if not text.strip():
        return
    source = "a message and its files" if len(parts) > 1 else "a message"
    thread = under_message(facts.get("message_ts", ""))
    await diagnose(desk, ask, target, text, source=source, thread=thread)
