"""The commands of `sfint`: runs the bot, checks its configuration, answers what only reads, opens the lab.

Exit codes: 0 all well; 1 the answer is bad news (a failing check, a broken audit chain); 2 a mistake in what was
typed or configured; 73 another bot holds the database.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version

from bot.domain.command import CATALOGUE, Command, CommandSpec, UsageProblem, spec_named
from bot.domain.contact_answer import ContactAnswer
from bot.domain.finding import Outcome
from bot.domain.grammar import parse
from bot.domain.help import help_for, usage_notice
from bot.domain.notice import Notice, Tone
from bot.domain.redaction import Redactor
from bot.domain.report import Report
from bot.log import configure_logging
from bot.printing import put
from bot.settings import (
    Settings,
    SettingsProblems,
    config_check,
    config_path,
    exposed_secrets,
    load_settings,
    render_problems,
)
from bot.views.terminal import plain, proof_table

OK, BAD_NEWS, MISTAKE, BUSY = 0, 1, 2, 73
_OWN_EXAMPLES = {
    "run": "sfint run",
    "version": "sfint version",
    "config": "sfint config check",
    "audit": "sfint audit verify",
}
_OVERVIEW = (*_OWN_EXAMPLES, "lab", "rehearse")
"""What these do stands in the overview."""
_HASH = re.compile(r"[0-9a-f]{64}")
_SOME_HASH = "a3f1c09e5d7b2846e90c1f7a4b8d3526c7e1908f2d6a5b4c3e0f91827d6c5b4a"
_SLACK_ONLY = ("freeze", "thaw")
_OWN_WORDS = """\
sfint [--config FILE] COMMAND

  run                     run the bot (also `python -m bot`)
  config check [--live]   validate the configuration and say what is in force; --live asks Slack, Kubernetes,
                          Redis, Salesforce and the pagers whether tokens and permissions suffice, changes
                          nothing and pages nobody
  runbook lint            join checks, remediations and runbook entries
  audit verify [--head HASH]
                          walk the hash chain of the audit log; HASH is a head kept elsewhere
  audit export            print the audit log as JSON lines
  diagnose [--json] [--summary] FILE|-
                          name the runbook entries that the lines of a log point to
  lab                     open the rehearsal world with the bot in it
  rehearse SCENARIO…|--all [--json]
                          play failures without hands
  version                 print the version

and, without Slack, read only (with --target NAME, and --dry-run for repairs):
"""


def answer(words: list[str]) -> int:
    """Returns the exit code. Raises SfintError."""
    config, words = _config_option(words)
    if config is None:
        return _mistake("`--config` needs a file", "sfint --config sfint.yml config check")
    if any(word.partition("=")[0] == "--config" for word in words):
        return _mistake("`--config` stands before the command", "sfint --config sfint.yml config check")
    try:
        return _dispatch(config, words)
    except SettingsProblems as problems:
        _err(render_problems(problems))
        return MISTAKE


def _dispatch(config: str, words: list[str]) -> int:
    match words:
        case [] | ["help"]:
            return _overview()
        case ["lab" | "rehearse", *_]:
            return _lab()(words)
        case [*asked, "--help" | "-h"]:
            return _dispatch(config, ["help", *asked[:1]])
        case ["help", "diagnose"]:
            return _diagnose(["--help"])
        case ["help", word] if word in _OVERVIEW:
            return _overview()
        case ["version"] | ["--version"]:
            _out(version("sfint"))
            return OK
        case ["run"]:
            return _run(config)
        case ["config", "check"]:
            _out(_checked(config, _settings(config)))
            return OK
        case ["config", "check", "--live"]:
            return _prove(config)
        case ["runbook", "lint"]:
            return _lint()
        case ["audit", "verify"]:
            return _audit_verify(config)
        case ["audit", "verify", "--head", head]:
            return _audit_verify(config, head)
        case ["audit", "export"]:
            return _audit_export(config)
        case ["diagnose", *options]:
            return _diagnose(options)
        case [word, *_] if word in _OWN_EXAMPLES:
            return _mistake(f"`{shlex.join(words)}` is not a command", _OWN_EXAMPLES[word])
        case _:
            return _ask(config, words)


def _overview() -> int:
    _out(_OWN_WORDS + _without_slash(help_for(None, _readable())))
    return OK


def _run(config: str) -> int:
    from bot.app import AlreadyRunning, run_bot

    settings = _settings(config)
    redactor = Redactor(settings.secrets())
    configure_logging(redactor, settings.log.level.upper())
    if warning := _exposed(config):
        logging.getLogger("sfint").warning(warning)
    try:
        asyncio.run(run_bot(settings, redactor))
    except AlreadyRunning as error:
        _err(f"sfint: {error}")
        return BUSY
    return OK


def _ask(config: str, words: list[str]) -> int:
    command = parse(shlex.join(words), _typed_here())
    if isinstance(command, UsageProblem):
        _err(_without_slash(usage_notice(command)))
        return MISTAKE
    if command.name == "help":
        _out(_without_slash(help_for(command.arguments[0] if command.arguments else None, _readable())))
        return OK
    if command.name == "runbook":
        return _read_runbook(" ".join(command.arguments))
    if command.name in _SLACK_ONLY:
        return _mistake(f"`{command.name}` is for Slack: the terminal changes nothing", "sfint status")
    spec = spec_named(command.name)
    if spec is not None and spec.changes_something and not command.switched("dry-run"):
        return _mistake("the terminal changes nothing: it only shows the plan", f"sfint {command.name} --dry-run")
    return _answer(config, command)


def _read_runbook(words: str) -> int:
    from bot import terminal

    found = terminal.read_runbook(words)
    if isinstance(found, Notice):
        _err(_without_slash(found))
        return MISTAKE
    _out(plain(found))
    return OK


def _answer(config: str, command: Command) -> int:
    from bot import terminal

    settings = _settings(config)
    redactor = Redactor(settings.secrets())
    configure_logging(redactor, "ERROR")
    target = command.option("target") or _only_target(settings)
    if target not in settings.targets:
        known = ", ".join(sorted(settings.targets))
        what = f"`--target`: `{target}` is not configured" if target else "`--target` is needed"
        return _mistake(f"{what}; there are: {known}", f"sfint {command.name} --target {min(settings.targets)}")
    answer = asyncio.run(terminal.ask(settings, redactor, target, command))
    if isinstance(answer, Notice):
        is_mistake = answer.tone is Tone.WARNING
        (_err if is_mistake else _out)(redactor.text(_without_slash(answer)))
        return MISTAKE if is_mistake else BAD_NEWS
    _out(redactor.text(plain(answer)))
    if isinstance(answer, Report):
        return BAD_NEWS if answer.worst in (Outcome.FAILING, Outcome.UNKNOWN) else OK
    if isinstance(answer, ContactAnswer):
        return OK if answer.outcome is Outcome.OK else BAD_NEWS
    return OK


def _prove(config: str) -> int:
    from bot import terminal

    settings = _settings(config)
    redactor = Redactor(settings.secrets())
    configure_logging(redactor, "ERROR")
    _out(_checked(config, settings) + "\n")
    proofs = asyncio.run(terminal.prove(settings, redactor))
    _out(redactor.text(proof_table(proofs)))
    return OK if all(proof.standing.is_fine for proof in proofs) else BAD_NEWS


def _lint() -> int:
    from bot import terminal

    problems = terminal.lint(datetime.now(UTC).date())
    for problem in problems:
        _out(problem)
    errors = [problem for problem in problems if problem.startswith("error")]
    _out(f"runbook: {len(errors)} errors, {len(problems) - len(errors)} warnings")
    return BAD_NEWS if errors else OK


def _diagnose(options: Sequence[str]) -> int:
    from bot.diagnosis.command import diagnose

    return diagnose(options)


def _audit_verify(config: str, head: str | None = None) -> int:
    from bot import terminal

    if head is not None and not _HASH.fullmatch(head):
        return _mistake(
            f"`--head` needs the 64 hexadecimal digits of a hash, not `{head}`",
            f"sfint audit verify --head {_SOME_HASH}",
        )
    settings = _settings(config)
    verdict = asyncio.run(terminal.check_audit(settings, Redactor(settings.secrets()), head or ""))
    if verdict.ok:
        _out(f"audit: {verdict.lines} lines, unbroken, head {verdict.head}")
        return OK
    _out(f"audit: BROKEN at line {verdict.broken_at}: {verdict.problem}")
    return BAD_NEWS


def _audit_export(config: str) -> int:
    from bot import terminal

    settings = _settings(config)
    put("".join(asyncio.run(terminal.audit_lines(settings, Redactor(settings.secrets())))))
    return OK


def _lab() -> Callable[[list[str]], int]:
    try:
        from lab.cli import main as lab_main
    except ModuleNotFoundError as error:
        if error.name != "lab":
            raise
        return _without_lab
    return lab_main


def _without_lab(words: list[str]) -> int:
    return _mistake(f"`{words[0]}` needs the lab, which is not installed here: run it in a checkout", "make lab")


def _settings(config: str) -> Settings:
    return load_settings(config_path(config or None, os.environ), os.environ)


def _checked(config: str, settings: Settings) -> str:
    warning = _exposed(config)
    return config_check(settings) + (f"\nwarning: {warning}" if warning else "")


def _exposed(config: str) -> str:
    return exposed_secrets(config_path(config or None, os.environ))


def _only_target(settings: Settings) -> str:
    return next(iter(settings.targets)) if len(settings.targets) == 1 else ""


def _config_option(words: list[str]) -> tuple[str | None, list[str]]:
    """`--config FILE` or `--config=FILE` before the command; an empty string when it is not given."""
    if words and words[0].startswith("--config="):
        return words[0].partition("=")[2] or None, words[1:]
    if words and words[0] == "--config":
        return (words[1], words[2:]) if len(words) > 1 else (None, [])
    return "", words


def _typed_here() -> tuple[CommandSpec, ...]:
    """The catalogue, with an example of `diagnose` that a terminal takes: there it reads a file."""
    return tuple(
        replace(spec, examples=("/sfint diagnose middleware.log",)) if spec.name == "diagnose" else spec
        for spec in CATALOGUE
    )


def _readable() -> tuple[CommandSpec, ...]:
    """The catalogue without what only Slack can do, and what takes a file here."""
    return tuple(spec for spec in CATALOGUE if spec.name not in (*_SLACK_ONLY, "diagnose"))


def _without_slash(notice: Notice) -> str:
    """What is typed here has no slash."""
    return plain(notice).replace("/sfint", "sfint")


def _mistake(what: str, example: str) -> int:
    _err(f"sfint: {what}\nfor example: {example}")
    return MISTAKE


def _out(text: str) -> None:
    put(f"{text}\n")


def _err(text: str) -> None:
    sys.stderr.write(f"{text}\n")
