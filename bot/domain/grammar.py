"""Turns what follows `/sfint` into a command of the catalogue, or says what is wrong with it; it never raises."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.domain.command import CATALOGUE, Argument, Command, CommandSpec, Option, UsageProblem
from bot.domain.contact import read_address
from bot.domain.likeness import nearest
from bot.domain.words import OpenQuote, Word, split

_SHOWN = 60
"""No more characters than this of what somebody typed are said back."""
_FIRST_WORD = re.compile(r"\s*(?:/?sfint\s+)?(\S+)(?:\s+|$)", re.IGNORECASE)
_LEADING_OPTION = re.compile(r"\s*(?:--|[—–])target(?:=|\s+)[^\s-]\S*(?:\s+|$)", re.IGNORECASE)
"""The only option that a command with a text has; anything else that begins with a dash belongs to the text."""
_Options = dict[str, str | bool]


def parse(text: str, catalogue: Sequence[CommandSpec] = CATALOGUE) -> Command | UsageProblem:
    """The command that `text` (without `/sfint`) asks for; nothing typed asks for help. Linear in its length."""
    if (taken := _verbatim(text, catalogue)) is not None:
        return taken
    words = split(text)
    if isinstance(words, OpenQuote):
        first = _FIRST_WORD.match(text)
        spec = next((each for each in catalogue if first and each.name == first[1].lower()), None)
        if spec is not None and spec.is_personal:
            return _Reading(spec).refused()
        return UsageProblem(f"the quote that begins at `{_cut(words.text)}` is never closed", "/sfint status")
    if words and words[0].text.lower() in ("/sfint", "sfint"):
        words = words[1:]
    if not words:
        return Command("help")
    spec = next((spec for spec in catalogue if spec.name == words[0].text.lower()), None)
    if spec is None:
        return _unknown_command(words, catalogue)
    return _Reading(spec).read(words[1:])


def _verbatim(text: str, catalogue: Sequence[CommandSpec]) -> Command | UsageProblem | None:
    """For commands that take a text as it stands; options count before it only. None for the other commands."""
    found = _FIRST_WORD.match(text)
    spec = next((each for each in catalogue if found and each.name == found[1].lower()), None)
    if found is None or spec is None or not any(argument.verbatim for argument in spec.arguments):
        return None
    rest, options = text[found.end() :], ""
    while option := _LEADING_OPTION.match(rest):
        options, rest = f"{options} {option[0].strip()}", rest[option.end() :]
    if rest.strip().lower() == "--target":
        options, rest = rest, ""  # its value is missing, and the reading says so
    words = split(options)
    parsed = _Reading(spec).read(() if isinstance(words, OpenQuote) else words)
    if isinstance(parsed, UsageProblem) or not rest.strip():
        return parsed
    return Command(spec.name, (rest.strip(),), parsed.options)


def _unknown_command(words: Sequence[Word], catalogue: Sequence[CommandSpec]) -> UsageProblem:
    names = [spec.name for spec in catalogue]
    typed, rest = words[0].text, words[1:]
    if read_address(" ".join(word.text for word in words)) is not None:
        personal = next((spec for spec in catalogue if spec.is_personal), None)
        if personal is not None:
            return UsageProblem("an address alone is no command", personal.examples[-1])
    meant = nearest(typed, names)
    if not meant and rest:
        meant, rest = nearest(f"{typed}-{rest[0].text}", names), rest[1:]
    if not meant:
        return UsageProblem(f"there is no command `{_cut(typed)}`", "/sfint help")
    whole = " ".join(["/sfint", meant, *(word.text for word in rest)])
    spec = next(spec for spec in catalogue if spec.name == meant)
    fits = not spec.is_personal and len(whole) <= 2 * _SHOWN and isinstance(_Reading(spec).read(rest), Command)
    suggestion = whole if fits else f"/sfint {meant}"
    return UsageProblem(f"there is no command `{_cut(typed)}`", spec.examples[0], suggestion)


def sayable(text: str, catalogue: Sequence[CommandSpec] = CATALOGUE) -> str:
    """What may be said back of a text that was typed: of a command with personal data, its name."""
    words = split(text)
    if isinstance(words, OpenQuote) or not words:
        return text if not words else "…"
    spec = next((spec for spec in catalogue if spec.name == words[0].text.lower()), None)
    if spec is not None and not spec.is_personal:
        return text
    first = spec.name if spec is not None else ""
    return f"{first} …".strip()


class _Reading:
    """One pass over the words after the command's name."""

    def __init__(self, spec: CommandSpec) -> None:
        self._spec = spec
        self._arguments: list[str] = []
        self._options: _Options = {}

    def read(self, words: Sequence[Word]) -> Command | UsageProblem:
        queue = list(reversed(words))
        only_arguments = False
        while queue:
            word = queue.pop()
            if word.text == "--" and not word.quoted and not only_arguments:
                only_arguments = True
            elif not only_arguments and _looks_like_option(word):
                if problem := self._take_option(word.text, queue):
                    return problem
            elif problem := self._take_argument(word.text):
                return problem
        return self._finish()

    def _take_option(self, text: str, queue: list[Word]) -> UsageProblem | None:
        typed, equals, value = text.partition("=")
        option = next((each for each in self._spec.options if f"--{each.name}" == typed.lower()), None)
        if option is None:
            return self._unknown_option(typed)
        if option.name in self._options:
            return self._problem(f"`--{option.name}` is given twice")
        if not option.metavar:
            self._options[option.name] = True
            return self._problem(f"`--{option.name}` takes no value") if equals else None
        if not equals and queue and not _looks_like_option(queue[-1]):
            value = queue.pop().text
        if not value.strip():
            return self._problem(f"`--{option.name}` needs a value: `--{option.name} {option.metavar}`")
        self._options[option.name] = value
        return None

    def _take_argument(self, text: str) -> UsageProblem | None:
        argument = self._next_argument()
        if argument is None:
            takes = f"takes {len(self._spec.arguments)}" if self._spec.arguments else "takes none"
            return self._problem(f"`{_cut(text)}` is one argument too many: `{self._spec.name}` {takes}")
        if not text.strip():
            return self._problem(f"the argument `{argument.name}` is empty")
        if argument.choices:
            return self._take_choice(argument, text.lower())
        self._arguments.append(text)
        return None

    def _take_choice(self, argument: Argument, text: str) -> UsageProblem | None:
        if text not in argument.choices:
            listed = ", ".join(f"`{choice}`" for choice in argument.choices)
            meant = nearest(text, argument.choices)
            return self._problem(
                f"`{_cut(text)}` is not a {argument.name}; there are {listed}",
                f"/sfint {self._spec.name} {meant}" if meant else "",
            )
        if text not in self._arguments:
            self._arguments.append(text)
        return None

    def _next_argument(self) -> Argument | None:
        known = self._spec.arguments
        if len(self._arguments) < len(known):
            return known[len(self._arguments)]
        return known[-1] if known and known[-1].repeats else None

    def _finish(self) -> Command | UsageProblem:
        for argument in self._spec.arguments[len(self._arguments) :]:
            if argument.required:
                return self._problem(f"the argument `{argument.name}` is missing: {argument.meaning}")
        for argument in self._spec.arguments:
            if argument.accepts is not None and not argument.accepts(" ".join(self._arguments)):
                return self.refused()
        return Command(self._spec.name, tuple(self._arguments), self._options)

    def refused(self) -> UsageProblem:
        """What is said of words that an argument does not accept, whatever they are."""
        argument = next(argument for argument in self._spec.arguments if argument.accepts is not None)
        return self._problem(f"the argument `{argument.name}` {argument.wanted}")

    def _unknown_option(self, typed: str) -> UsageProblem:
        names = [option.name for option in self._spec.options]
        meant = nearest(typed.strip("-"), names)
        has = f"it has {_listed(self._spec.options)}" if names else "it has no options"
        said = "" if self._spec.is_personal else f" `{_cut(typed)}`"
        return self._problem(
            f"`{self._spec.name}` has no{f' option{said}' if said else ' such option'}; {has}",
            f"/sfint {self._spec.name} --{meant}" if meant else "",
        )

    def _problem(self, reason: str, suggestion: str = "") -> UsageProblem:
        return UsageProblem(reason, self._spec.examples[-1], suggestion)


def _looks_like_option(word: Word) -> bool:
    return not word.quoted and word.text.startswith("-") and word.text.lstrip("-")[:1].isalpha()


def _listed(options: Sequence[Option]) -> str:
    return ", ".join(f"`--{option.name}{' ' if option.metavar else ''}{option.metavar}`" for option in options)


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
