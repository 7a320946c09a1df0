"""The documents lead somewhere: links, headings, and the files and tests that they name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "deploy" / "README.md"])
_ROOMS = "bot|bench|deploy|docs|handlers|lab|requirements|tests|tools"
_each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def _headings(document: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@_each_document
def test_every_link_leads_to_a_file_and_to_a_heading(document: Path) -> None:
    """Within the repository; addresses elsewhere are not asked."""
    lost = []
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8")):
        path, _, heading = link.partition("#")
        goal = document.parent / path if path else document
        if not link.startswith("http") and (not goal.exists() or (heading and heading not in _headings(goal))):
            lost.append(link)

    assert lost == []


@_each_document
def test_every_file_and_test_that_is_named_is_there(document: Path) -> None:
    """A claim that points to a test which has gone is no claim any more."""
    text = document.read_text(encoding="utf-8")
    named = re.findall(rf"`((?:{_ROOMS})/[\w./-]+)`", text)
    tests = {path.name for path in ROOT.glob("tests/**/*.py")}
    sources = "\n".join(path.read_text(encoding="utf-8") for path in ROOT.glob("tests/**/*.py"))

    lost = [path for path in named if not (ROOT / path).exists()]
    lost += [name for name in re.findall(r"`(test_\w+\.py)`", text) if name not in tests]
    lost += [name for name in re.findall(r"`(test_\w+)`", text) if f"def {name}(" not in sources]
    assert lost == []


def test_the_index_lists_every_document() -> None:
    """Whoever does not know a name finds it there."""
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")

    assert [path.name for path in ROOT.glob("docs/*.md") if f"({path.name})" not in index] == ["README.md"]


def test_every_message_that_is_explained_is_one_of_the_program() -> None:
    """The table of errors holds the program's own words; `…` stands for what differs each time."""
    guide = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    tables = guide.partition("## When something is wrong")[2].partition("\n## ")[0]
    cells = [line.split(" | ")[0] for line in tables.splitlines() if line.startswith("| ")]
    quoted = [words for cell in cells if "own words" not in cell for words in _quotations(cell)]
    sources = [*ROOT.glob("bot/**/*.py"), *ROOT.glob("handlers/*.py")]
    said = _bare("\n".join(path.read_text(encoding="utf-8") for path in sources))

    assert len(quoted) > 30
    unknown = [words for words in quoted if not any(few in said for few in _three_by_three(words))]
    assert [words for words in unknown if not words.startswith(_OF_PYTHON)] == []


_OF_PYTHON = ("OSError", "address already", "stamina", "Can't locate", "file is not", "No such file")
"""What Python and its libraries say."""


def _quotations(cell: str) -> list[str]:
    """What stands in backticks, parted where words differ each time; at least three words."""
    quoted = ["".join(found) for found in re.findall(r"``(.+?)``|`([^`]+)`", cell)]
    parts = [part for words in quoted for part in words.split("…")]
    return [part.strip() for part in parts if len(_bare(part).split()) > 2]


def _three_by_three(words: str) -> list[str]:
    """Three neighbours at a time: a message may be put together of several literals."""
    bare = _bare(words).split()
    return [" ".join(bare[start : start + 3]) for start in range(len(bare) - 2)]


def _bare(text: str) -> str:
    """The words alone: no placeholder of a format string, no quotation mark, no break of a literal."""
    return re.sub(r"[^a-z]+", " ", re.sub(r"\{[^{}\"\n]*\}", " ", text.lower())).strip()
