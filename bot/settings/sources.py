"""Where settings come from: the YAML file, `SFINT_…__…` variables over it, and references to secrets in both."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import yaml

from bot.settings.problems import Problem

Tree = dict[str, Any]
PREFIX = "SFINT_"
NESTING = "__"


class _StrictLoader(yaml.SafeLoader):
    """YAML keeps the last of two equal keys in silence; here that is a mistake."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, "a key is given twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_file(path: Path) -> tuple[Tree, list[Problem]]:
    """The file as a tree. The parser's excerpt of the text is left out: it may show a secret."""
    try:
        loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader)  # noqa: S506  (a SafeLoader)
    except OSError as problem:
        return {}, [Problem(str(path), f"cannot be read: {problem.strerror}", "--config sfint.yml")]
    except UnicodeDecodeError:
        return {}, [Problem(str(path), "is not UTF-8 text")]
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark
        at = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        return {}, [Problem(str(path), f"is not valid YAML{at}: {problem.problem}")]
    except yaml.YAMLError:
        return {}, [Problem(str(path), "is not valid YAML: it holds a character that YAML does not allow")]
    if loaded is None:
        return {}, []
    if not isinstance(loaded, dict):
        return {}, [Problem(str(path), "must be a section with keys of its own", "slack: {team_id: T0ACME}")]
    return loaded, []


def overlay(tree: Tree, environ: Mapping[str, str]) -> Tree:
    """The tree with `SFINT_A__B=value` put at `a.b`; a target's dashes are written as underscores."""
    merged: Tree = _copied(tree)
    for name in sorted(environ):
        parts = name.removeprefix(PREFIX).split(NESTING)
        if name.startswith(PREFIX) and len(parts) > 1 and all(parts):
            _put(merged, parts, environ[name])
    return merged


def _copied(value: Any) -> Any:
    """A copy with all keys as text, so that a number as a key is an unknown name and not a crash."""
    if isinstance(value, dict):
        return {str(key): _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _put(tree: Tree, parts: list[str], value: str) -> None:
    key = _spelled(tree, parts[0])
    if len(parts) == 1:
        tree[key] = value
        return
    if not isinstance(tree.get(key), dict):
        tree[key] = {}
    _put(tree[key], parts[1:], value)


def _spelled(tree: Tree, part: str) -> str:
    """The key of the tree that an environment variable can only write in capitals and without dashes."""
    wanted = part.lower().replace("-", "_")
    return next((key for key in tree if key.lower().replace("-", "_") == wanted), part.lower())


def resolve(
    tree: Tree, environ: Mapping[str, str], secrets: frozenset[str], base: Path
) -> tuple[Tree, list[Problem]]:
    """Replaces `env:NAME`, `file:/path` and `<secret>_file: /path` by what they name, relative to `base`."""
    problems: list[Problem] = []

    def text(value: str, path: str) -> str | None:
        kind, _, name = value.partition(":")
        if kind == "env":
            return _from_environment(name, environ, path, problems)
        return _from_file(base / name, path, problems) if kind == "file" else value

    def walk(value: Any, path: str) -> Any:
        if isinstance(value, str):
            return text(value, path)
        if isinstance(value, list):
            return [walk(item, f"{path}.{index}") for index, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        return section(value, path)

    def section(value: Tree, path: str) -> Tree:
        resolved: Tree = {}
        for key, item in value.items():
            where = f"{path}.{key}" if path else key
            stem = key.removesuffix("_file")
            if stem == key or stem not in secrets or not isinstance(item, str):
                resolved[key] = walk(item, where)
                continue
            if stem in value:
                problems.append(Problem(where, f"is given together with `{stem}`: keep one of the two"))
            resolved[stem] = _from_file(base / item, where, problems)
        return resolved

    return section(tree, ""), problems


def _from_environment(name: str, environ: Mapping[str, str], path: str, problems: list[Problem]) -> str | None:
    value = environ.get(name, "")
    if not value:
        state = "is empty" if name in environ else "is not set"
        problems.append(Problem(path, f"names the environment variable {name}, which {state}", f"export {name}=…"))
        return None
    return value


def _from_file(file: Path, path: str, problems: list[Problem]) -> str | None:
    try:
        value = file.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as problem:
        problems.append(Problem(path, f"names the file {file}, which cannot be read: {problem.strerror}"))
        return None
    except UnicodeDecodeError:
        problems.append(Problem(path, f"names the file {file}, which is not UTF-8 text"))
        return None
    if not value:
        problems.append(Problem(path, f"names the file {file}, which is empty"))
        return None
    return value
