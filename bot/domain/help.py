"""The help texts, generated from the catalogue that also parses."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.command import CATALOGUE, Argument, Command, CommandSpec, Option, UsageProblem, spec_named
from bot.domain.notice import Notice, Tone


def help_for(command: str | None, catalogue: Sequence[CommandSpec] = CATALOGUE) -> Notice:
    """All commands of the catalogue, or any one of them with its arguments, options and role."""
    spec = spec_named(command) if command else None
    if spec is None:
        lines = tuple(f"`{usage(each)}`: {each.summary}" for each in catalogue)
        return Notice("What sfint can do", lines, "/sfint help restart-sentinel")
    return Notice(f"/sfint {spec.name}", tuple(_explained(spec)), spec.examples[-1])


def usage_notice(problem: UsageProblem) -> Notice:
    """A usage problem as it is shown to the asker."""
    lines = [f"{problem.reason[:1].upper()}{problem.reason[1:]}."]
    if problem.suggestion:
        lines.append(f"Did you mean `{problem.suggestion}`?")
    return Notice("That is not a command", tuple(lines), problem.example, Tone.WARNING)


def nothing_to_ask(command: Command, target: str) -> Notice:
    """What is answered where the settings of the target name none of the systems that were asked for."""
    what = ", ".join(command.arguments) or command.name
    lines = (f"The settings of `{target}` name nothing that {what} could ask.", "Everything else: `/sfint status`")
    return Notice("Nothing to ask", lines, "/sfint status", Tone.WARNING)


def usage(spec: CommandSpec) -> str:
    """One line in the manner of a manual: `/sfint status [component…] [--target NAME]`."""
    parts = [_argument(each) for each in spec.arguments] + [f"[{_option(each)}]" for each in spec.options]
    return " ".join([f"/sfint {spec.name}", *parts])


def _explained(spec: CommandSpec) -> list[str]:
    lines = [f"{spec.summary[:1].upper()}{spec.summary[1:]}.", f"`{usage(spec)}`"]
    for argument in spec.arguments:
        among = f": {', '.join(argument.choices)}" if argument.choices else ""
        lines.append(f"`{argument.name}` ({argument.meaning}){among}")
    lines += [f"`{_option(option)}`: {option.meaning}" for option in spec.options]
    lines.append(f"Needs the role {spec.role}." if spec.changes_something else f"Role: {spec.role}.")
    return lines


def _argument(argument: Argument) -> str:
    shown = f"{argument.name}…" if argument.repeats else argument.name
    return f"<{shown}>" if argument.required else f"[{shown}]"


def _option(option: Option) -> str:
    return f"--{option.name} {option.metavar}".strip()
