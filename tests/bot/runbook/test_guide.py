"""The guide to signatures shows one that does what is said of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from bot.domain.signature import Signature
from bot.runbook.matcher import Matcher
from bot.runbook.signature import read_signatures

GUIDE = (Path(__file__).parents[3] / "docs" / "recognising.md").read_text(encoding="utf-8")
_KNOWN, _UNKNOWN = (block.splitlines() for block in re.findall(r"```text\n(.*?)```", GUIDE, re.DOTALL))


@dataclass(frozen=True)
class _Page:
    """What has the guide's signatures and no others."""

    signatures: tuple[Signature, ...]


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    """Made of the YAML in the guide."""
    (shown,) = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    return Matcher([_Page(read_signatures("guide", "redis-failure", yaml.safe_load(shown)["signatures"]))])


@pytest.mark.parametrize("line", _KNOWN)
def test_the_signature_knows_what_the_guide_says(matcher: Matcher, line: str) -> None:
    """With the confidence that stands there."""
    assert [match.confidence for match in matcher.match(line)] == [0.8]


@pytest.mark.parametrize("line", _UNKNOWN)
def test_the_signature_leaves_alone_what_the_guide_says(matcher: Matcher, line: str) -> None:
    """Words in a sentence, half of it, and a failure that is over."""
    assert matcher.match(line) == ()
