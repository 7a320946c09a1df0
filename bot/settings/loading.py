"""Reads, merges, resolves and validates the configuration: all of it or a list of everything that is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from bot.settings.agreement import disagreements
from bot.settings.examples import secret_names
from bot.settings.problems import Problem, SettingsProblems, translated
from bot.settings.schema import Settings
from bot.settings.sources import Tree, overlay, read_file, resolve

DEFAULT = Path("sfint.yml")


def config_path(given: str | None, environ: Mapping[str, str]) -> Path:
    """`--config`, else SFINT_CONFIG, else ./sfint.yml."""
    return Path(given or environ.get("SFINT_CONFIG") or DEFAULT)


def load_settings(path: Path, environ: Mapping[str, str]) -> Settings:
    """The settings in force. Raises SettingsProblems with every mistake; no message repeats a given value."""
    tree, problems = read_file(path)
    if problems:
        raise SettingsProblems(problems)
    merged = overlay(tree, environ)
    resolved, unresolved = resolve(merged, environ, secret_names(Settings), path.parent)
    settings, invalid = _validated(resolved)
    told = {problem.path for problem in unresolved}
    problems = [*unresolved, *(problem for problem in invalid if not _about(problem, told))]
    problems += disagreements(resolved)
    if problems or settings is None:
        raise SettingsProblems(problems)
    return settings


def _validated(tree: Tree) -> tuple[Settings | None, list[Problem]]:
    """Pydantic's error is dropped here, not chained: its text could show what was given."""
    try:
        return Settings.model_validate(tree), []
    except ValidationError as error:
        return None, translated(error, Settings)


def _about(problem: Problem, told: set[str]) -> bool:
    """A secret that could not be read is also missing: once is enough."""
    return problem.path in told or f"{problem.path}_file" in told
