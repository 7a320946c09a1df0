"""What names a contact, how it is masked, and what the middleware's log says of blocked ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.command import Command, UsageProblem
from bot.domain.contact import (
    Address,
    AddressKind,
    ContactRow,
    ContactVerdict,
    initials,
    mask_email,
    mask_phone,
    read_address,
    verdict_of,
)
from bot.domain.contact_refusals import Refusals, refusals
from bot.domain.grammar import parse, sayable

EMAIL, PHONE = AddressKind.EMAIL, AddressKind.PHONE


@pytest.mark.parametrize(
    ("typed", "kind", "text"),
    [
        ("ana@example.com", EMAIL, "ana@example.com"),
        ("O'Brien+bot@mail.example.com.mx", EMAIL, "O'Brien+bot@mail.example.com.mx"),
        ("<mailto:ana@example.com|ana@example.com>", EMAIL, "ana@example.com"),
        ("<mailto:ana@example.com>", EMAIL, "ana@example.com"),
        ("+52 55 1234 5678", PHONE, "+52 55 1234 5678"),
        ("(55) 1234-5678", PHONE, "(55) 1234-5678"),
        ("5215512345678", PHONE, "5215512345678"),
        ("<tel:+525512345678|+52 55 1234 5678>", PHONE, "+525512345678"),
        ("\u202a+52\u00a055\u00a01234\u20115678\u202c", PHONE, "+52 55 1234-5678"),
    ],
)
def test_an_address_is_read_in_every_dress(typed: str, kind: AddressKind, text: str) -> None:
    """As it is typed, as Slack makes a link of it, as an address book copies it."""
    assert read_address(typed) == Address(kind, text)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ana",
        "ana@example",
        "@example.com",
        "ana@@example.com",
        "ana@example.com bea@example.com",
        "ana@example.com' OR Name != '",
        "x' OR '1'='1",
        "Email = 'a@b.com'",
        "%@example.com",
        "' UNION SELECT Id FROM User",
        "123456",
        "1234567890123456",
        "+52 55 1234 5678 OR 1=1",
        "555-CALL-NOW",
        "a" * 300 + "@example.com",
        "١٢٣٤٥٦٧٨٩٠",
        "<https://example.com|ana@example.com>",
        "ana@example.com\nbea@example.com",
    ],
)
def test_anything_else_is_no_address(typed: str) -> None:
    """The whole argument counts: nothing of a query, no second address, bounded length."""
    if typed == "%@example.com":
        assert read_address(typed) == Address(EMAIL, typed)  # allowed by RFC 5322; a literal keeps it harmless
        return
    assert read_address(typed) is None


@given(st.text(max_size=400))
def test_reading_never_raises_and_masks_what_it_reads(text: str) -> None:
    """Whatever is typed; and what is shown of an address never holds its local part or its number."""
    address = read_address(text)

    if address is not None:
        assert address.text not in address.masked
        assert address.text not in repr(address)


def test_a_phone_is_tried_prefixed_and_stripped() -> None:
    """The org may hold it with 52, with 521, with a plus, bare, or as people write it."""
    address = read_address("+52 1 55 1234 5678")

    assert address is not None
    assert set(address.spellings(("52", "521"))) >= {
        "+52 1 55 1234 5678",
        "5215512345678",
        "+5215512345678",
        "525512345678",
        "+525512345678",
        "5512345678",
        "(551) 234-5678",
        "(55) 1234-5678",
    }


@pytest.mark.parametrize("typed", ["5512345678", "+525512345678", "52 1 (55) 1234-5678"])
def test_every_way_to_type_a_number_finds_the_bare_one(typed: str) -> None:
    """The middleware stores the number without its prefix."""
    address = read_address(typed)

    assert address is not None
    assert "5512345678" in address.spellings(("52", "521"))


def test_a_number_of_another_country_keeps_its_own_prefix() -> None:
    """Only configured prefixes are taken off, and only where ten digits are left."""
    address = read_address("+49 30 1234567")

    assert address is not None
    assert address.spellings(("52", "521")) == ("+49 30 1234567", "49301234567", "+49301234567")


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (mask_email("ana@mail.example.com"), "a***@m***.com"),
        (mask_email(""), ""),
        (mask_email("nonsense"), "***"),
        (mask_phone("+52 55 1234 5678"), "***78"),
        (mask_phone("123"), "***"),
        (mask_phone(""), ""),
        (initials("Ana María Pérez"), "A. M. P."),
        (initials(""), ""),
    ],
)
def test_masks(shown: str, expected: str) -> None:
    """Enough to recognise what one knows, too little to learn it."""
    assert shown == expected


@pytest.mark.parametrize(
    ("marks", "verdict"),
    [
        ([], ContactVerdict.NOT_FOUND),
        ([False], ContactVerdict.NOT_BLOCKED),
        ([False, True], ContactVerdict.BLOCKED),
        ([None, True], ContactVerdict.BLOCKED),
        ([False, None], ContactVerdict.CANNOT_TELL),
    ],
)
def test_one_blocked_row_blocks_and_an_unread_one_proves_nothing(
    marks: list[bool | None], verdict: ContactVerdict
) -> None:
    """Not readable is not the same as not blocked."""
    assert verdict_of([ContactRow("contact", str(nth), blocked=mark) for nth, mark in enumerate(marks)]) is verdict


@pytest.mark.parametrize(
    "typed", ["contact", "contact ana", "contact ana@example.com x", "contact --all a@b.com", "contact 'ana@b.com"]
)
def test_a_refused_argument_is_explained_and_never_said_back(typed: str) -> None:
    """The example works; what was typed may be somebody's address."""
    found = parse(typed)

    assert isinstance(found, UsageProblem)
    assert isinstance(parse(found.example.removeprefix("/sfint ")), Command)
    for word in typed.split()[1:]:
        assert word not in found.reason + found.suggestion


@pytest.mark.parametrize(
    "typed", ["ana.p@example.org", "+52 55 9999 0000", "contcat 5599990000", "contact 5599990000"]
)
def test_an_address_is_not_said_back_by_other_answers(typed: str) -> None:
    """Not with a mistyped command, not alone, not when it was asked while the bot was down."""
    found = parse(typed)

    said = sayable(typed)
    if isinstance(found, UsageProblem):
        said += found.reason + found.suggestion + found.example
    assert "99990000" not in said.replace(" ", "")
    assert "ana.p" not in said


LINE = (
    '{"details":"could not create chat in salesforce: this contact is blocked","severity":"error","userID":"%s"}'
)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], Refusals(0, 0)),
        ([LINE % "5215512345678", LINE % "5215512345678", LINE % "5215500000000"], Refusals(3, 2)),
        (["could not create chat in salesforce : This contact is blocked"], Refusals(1, 0)),
        (["userID[521551] Could not create chat in SALESFORCE :this contact is blocked"], Refusals(1, 1)),
        (
            ["map[details:could not create chat in salesforce: this contact is blocked userID:52155]"],
            Refusals(1, 1),
        ),
        (
            ["Event [ChatRequestFail] : [Blocked]", "this contact is blocked in our list", "account blocked"],
            Refusals(),
        ),
        (["could not create chat in salesforce : not create account : Error call with status-[401]"], Refusals()),
    ],
)
def test_refusals_are_counted_by_line_and_user(lines: list[str], expected: Refusals) -> None:
    """Both wordings, every format; other kinds of blocked are other failures."""
    assert refusals(lines) == expected
