"""What goes into SOQL stays in its place: a literal means exactly what was put in, whatever that is."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.soql import literal, literals, name
from lab.estate.salesforce.soql import Combination, Comparison, parse

_MEANINGS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_NASTY = st.text(st.sampled_from("'\"\\nrtbf%_ \n\r\t\b\f()=,;-/*aOR\u2028é\x00"), max_size=40)
_ANY = st.one_of(st.text(max_size=200), _NASTY)


def read_literal(text: str) -> tuple[str, str]:
    """A reader of our own: what the string at the start of `text` means, and what stands after it."""
    assert text[0] == "'"
    meaning, at = "", 1
    while text[at] != "'":
        if text[at] == "\\":
            at += 1
            meaning += _MEANINGS[text[at]]
        else:
            assert text[at] not in "\n\r"
            meaning += text[at]
        at += 1
    return meaning, text[at + 1 :]


@given(_ANY)
@example("' OR Name != '")
@example("\\' OR Id != \\'")
@example("\\")
def test_a_literal_means_exactly_what_was_put_in(text: str) -> None:
    """By an independent reader, and nothing is left after it."""
    assert read_literal(literal(text)) == (text, "")


@given(_ANY, _ANY)
@example("\\", " OR Id != null")
def test_nothing_breaks_out_of_its_place(first: str, second: str) -> None:
    """Two literals in one query stay two comparisons with the fields that were written."""
    where = f"Email = {literal(first)} OR Phone = {literal(second)}"
    soql = " ".join(("SELECT Id FROM Contact WHERE", where, "LIMIT 20"))

    query = parse(soql)

    asked = (Comparison("Email", "=", first), Comparison("Phone", "=", second))
    assert (query.fields, query.source, query.limit) == (("Id",), "Contact", 20)
    assert query.where == Combination("or", asked)


@given(st.lists(_ANY, min_size=1, max_size=5))
def test_a_list_keeps_its_values(texts: list[str]) -> None:
    """As many as were put in, in their order."""
    query = parse(" ".join(("SELECT Id FROM Contact WHERE Phone IN", literals(tuple(texts)))))

    assert query.where == Comparison("Phone", "in", tuple(texts))


@given(_ANY)
@example("Id, Name")
@example("Id\n")
@example("CP_BlockedChatYalo__c")
def test_a_name_is_a_name_or_refused(text: str) -> None:
    """Letters, digits and underscores, with dots between relationships."""
    try:
        accepted = name(text)
    except ValueError:
        return
    parts = accepted.split(".")
    assert accepted == text
    assert all(part.replace("_", "a").isalnum() and part.isascii() and part[0].isalpha() for part in parts)


def test_an_empty_list_is_refused() -> None:
    """SOQL has no empty IN."""
    with pytest.raises(ValueError, match="at least one"):
        literals(())
