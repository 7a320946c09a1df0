"""What follows `/sfint` becomes a command, or an error that names the argument and shows what works."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.actor import Role
from bot.domain.command import CATALOGUE, Argument, Command, CommandSpec, UsageProblem
from bot.domain.grammar import parse
from bot.domain.help import help_for, usage, usage_notice
from bot.domain.likeness import edits, nearest

WORDS = st.sampled_from(
    ["status", "redis", "--target", "--dry-run", "—dry-run", "restart-sentinel", "“acme", "prod”", "'", '"', "--",
     "-x", "help", "freeze", "\u00a0", "\u200b", "=", "--target=", "x" * 50, "&lt;", "<@U123>"]
)  # fmt: skip


def command(text: str) -> Command:
    """The parsed command; fails the test with the problem otherwise."""
    parsed = parse(text)
    assert isinstance(parsed, Command), parsed
    return parsed


def problem(text: str) -> UsageProblem:
    """The usage problem."""
    parsed = parse(text)
    assert isinstance(parsed, UsageProblem), parsed
    return parsed


@pytest.mark.parametrize(
    ("text", "name", "arguments", "options"),
    [
        ("status", "status", (), {}),
        ("STATUS Redis", "status", ("redis",), {}),
        ("status redis redis", "status", ("redis",), {}),
        ("status redis middleware", "status", ("redis", "middleware"), {}),
        ("status --target acme-prod", "status", (), {"target": "acme-prod"}),
        ("status --TARGET=acme-prod redis", "status", ("redis",), {"target": "acme-prod"}),
        ("status --target=“acme prod”", "status", (), {"target": "acme prod"}),
        ("restart-sentinel —dry-run", "restart-sentinel", (), {"dry-run": True}),
        ("restart-sentinel –dry-run —target acme", "restart-sentinel", (), {"dry-run": True, "target": "acme"}),
        ("runbook “expired password”", "runbook", ("expired password",), {}),
        ("runbook 'expired password'", "runbook", ("expired password",), {}),
        ("freeze don't deploy — now", "freeze", ("don't", "deploy", "—", "now"), {}),
        ("freeze -- --not-an-option", "freeze", ("--not-an-option",), {}),
        ("freeze 'the \"big\" one'", "freeze", ('the "big" one',), {}),
        ("\u00a0status\u00a0redis\u200b", "status", ("redis",), {}),
        ("/sfint status", "status", (), {}),
        ("help restart-sentinel", "help", ("restart-sentinel",), {}),
    ],
)
def test_a_command_is_understood(
    text: str, name: str, arguments: tuple[str, ...], options: dict[str, str]
) -> None:
    """Quotes group, dashes that clients autocorrect are dashes, case does not matter."""
    parsed = command(text)

    assert (parsed.name, parsed.arguments, dict(parsed.options or {})) == (name, arguments, options)


@pytest.mark.parametrize("text", ["", "   ", "\u200b", "\n"])
def test_nothing_asks_for_help(text: str) -> None:
    """An empty command is no mistake."""
    assert command(text).name == "help"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("bogus", "`bogus`"),
        ("status weather", "`weather` is not a component; there are `redis`, `salesforce`, `kafka`"),
        ("status --verbose", "`--verbose`"),
        ("status --target", "`--target` needs a value"),
        ("status --target=", "`--target` needs a value"),
        ("status --target ''", "`--target` needs a value"),
        ("restart-sentinel --target --dry-run", "`--target` needs a value"),
        ("status --target a --target b", "`--target` is given twice"),
        ("restart-sentinel --dry-run --dry-run", "`--dry-run` is given twice"),
        ("restart-sentinel --dry-run=yes", "`--dry-run` takes no value"),
        ("token-test now", "`now` is one argument too many"),
        ("help status redis", "`redis` is one argument too many"),
        ("status 'redis", "never closed"),
        ("runbook ''", "`words` is empty"),
    ],
)
def test_a_mistake_is_named_and_an_example_works(text: str, named: str) -> None:
    """Whoever follows the example gets no second error."""
    found = problem(text)

    assert named in found.reason
    assert isinstance(parse(found.example.removeprefix("/sfint ")), Command)


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("stauts", "/sfint status"),
        ("stat", "/sfint status"),
        ("satus redis", "/sfint status redis"),
        ("restart_sentinel --dry-run", "/sfint restart-sentinel --dry-run"),
        ("restart sentinel", "/sfint restart-sentinel"),
        ("restartsentinel", "/sfint restart-sentinel"),
        ("token", "/sfint token-test"),
        ("hlep", "/sfint help"),
        ("status rediss", "/sfint status redis"),
        ("help stauts", "/sfint help status"),
        ("restart-sentinel -dry-run", "/sfint restart-sentinel --dry-run"),
        ("restart-sentinel --dryrun", "/sfint restart-sentinel --dry-run"),
        ("stauts weather", "/sfint status"),
    ],
)
def test_a_near_miss_is_corrected(text: str, suggestion: str) -> None:
    """The suggestion is a whole command that parses."""
    found = problem(text)

    assert found.suggestion == suggestion
    assert isinstance(parse(suggestion.removeprefix("/sfint ")), Command)


@pytest.mark.parametrize("text", ["deploy", "xyzzy", "restart", "r"])
def test_what_resembles_nothing_suggests_nothing(text: str) -> None:
    """Between two restarts nobody guesses."""
    assert problem(text).suggestion == ""


def test_a_missing_required_argument_is_named() -> None:
    """The message says which and what it means."""
    spec = CommandSpec(
        "page", "pages", Role.VIEWER, (Argument("team", "whom", required=True),), (), ("/sfint page ops",)
    )
    found = parse("page", (spec,))

    assert isinstance(found, UsageProblem)
    assert found.reason == "the argument `team` is missing: whom"


@given(st.one_of(st.text(max_size=300), st.lists(WORDS, max_size=12).map(" ".join)))
def test_parsing_never_raises_and_names_only_what_the_catalogue_knows(text: str) -> None:
    """Whatever is typed ends as a known command or as a problem with a working example."""
    parsed = parse(text)

    if isinstance(parsed, Command):
        spec = next(spec for spec in CATALOGUE if spec.name == parsed.name)
        assert set(parsed.options or {}) <= {option.name for option in spec.options}
    else:
        assert parsed.reason
        assert isinstance(parse(parsed.example.removeprefix("/sfint ")), Command)
        assert len(usage_notice(parsed).lines[0]) < 700


@given(st.sampled_from(CATALOGUE), st.data())
def test_examples_and_quoted_words_survive(spec: CommandSpec, data: st.DataObject) -> None:
    """A quoted word comes out as it went in, in every command that takes free text."""
    free = [argument for argument in spec.arguments if not argument.choices and argument.accepts is None]
    word = data.draw(
        st.text(st.characters(exclude_characters='"“”„', categories=["L", "N", "P", "Zs"]), min_size=1)
    )
    if free and word.strip():
        typed = f'"{word}"'
        assert command(f"{spec.name} {typed}").arguments == ((typed if free[0].verbatim else word),)


@pytest.mark.parametrize(
    ("typed", "text", "target"),
    [
        ("diagnose can't dial \"it", "can't dial \"it", None),
        ("/sfint Diagnose --target acme-prod --x: y", "--x: y", "acme-prod"),
        ("diagnose --target=acme-prod\n  two\nlines ", "two\nlines", "acme-prod"),
        ("diagnose it said --target acme", "it said --target acme", None),
    ],
)
def test_a_text_is_taken_as_it_was_typed(typed: str, text: str, target: str | None) -> None:
    """Quotes and dashes of a pasted text mean nothing; options count before it only."""
    parsed = command(typed)

    assert parsed.arguments == (text,)
    assert parsed.option("target") == target


def test_a_target_without_its_name_is_a_mistake() -> None:
    """It is not taken for the text."""
    assert isinstance(parse("diagnose --target"), UsageProblem)


@pytest.mark.parametrize("piece", ['"', "a ", "--x ", "'", "—", "=“", "status ", "--target=“ "])
def test_time_is_linear(piece: str) -> None:
    """A hundred thousand characters take a moment, however nasty."""
    began = time.process_time()
    parse(piece * (100_000 // len(piece)))
    parse("freeze " + piece * (100_000 // len(piece)))

    assert time.process_time() - began < 2.0


@pytest.mark.parametrize(
    ("left", "right", "distance"),
    [("status", "status", 0), ("stauts", "status", 1), ("ab", "ba", 1), ("", "abc", 3), ("kitten", "sitting", 3)],
)
def test_edits_count_a_swap_as_one(left: str, right: str, distance: int) -> None:
    """Damerau's distance, restricted."""
    assert edits(left, right) == distance
    assert edits(right, left) == distance


def test_nearest_needs_nearness() -> None:
    """Nothing is suggested for what is far from everything, or for nothing."""
    assert nearest("middleware", ["redis", "salesforce"]) == ""
    assert nearest("x" * 10_000, ["redis"]) == ""
    assert nearest("redsi", ["redis", "salesforce"]) == "redis"


def test_help_lists_every_command_and_explains_each() -> None:
    """Generated from the catalogue that parses."""
    listed = "\n".join(help_for(None).lines)

    for spec in CATALOGUE:
        assert usage(spec) in listed
        explained = help_for(spec.name)
        assert spec.name in explained.title
        assert all(option.meaning in "\n".join(explained.lines) for option in spec.options)
        assert isinstance(parse(explained.example.removeprefix("/sfint ")), Command)


def test_every_example_of_the_catalogue_parses() -> None:
    """An example that fails would be worse than none."""
    for spec in CATALOGUE:
        for example in spec.examples:
            assert command(example.removeprefix("/sfint ")).name == spec.name
