"""A log's lines are redacted quickly, and never otherwise than one by one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.diagnosis.clean import Cleaner
from bot.domain.redaction import Redactor
from bot.domain.secret_names import telling_ends, weak_ends

CLEANER = Cleaner()
REDACTOR = Redactor()

VALUES = st.sampled_from(
    """
    hunter2 Xy12345678 5215512345678 +525512345678 (55)1234-5678 555-123-4567 0123456789abcdef0123456789abcdef
    abcdefabcdefabcdefabcdefabcdefab a!b!c!d!e rita@acme.example.com rita%40acme.example.com
    eyJhbGciOiJI.eyJzdWIiOiI.x
    00Dxx0000001gPF!AQ4AQ 0f8fad5b-d9cb-469f-a165-70867728950e!abc xoxb-123456-abc Bearer Basic dXNlcjpwYXNz
    AKIAABCDEFGHIJKLMNOP ghp_abcdefghijklmnopqrst0123 https://u:p4ss@acme.example.com/x wss://x.example.com/?ticket=1
    https://hooks.slack.com/services/T0/B0/x https://x.example.com/commands/T0ACME/1 SessionId/ab12cd34 redis-cli
    requirepass masterauth -----BEGIN KEY----- affinity key value name 400 204 null none [ ] { } & %
    glpat-aB3dE5gH7jK9mN1pQ2rS sk_live_aB3dE5gH7jK9 ?sig=aB3%2Fd &sig%3Dxy
    TWILIO SK0123456789abcdef0123456789abcdef token-abcde:bcdfghjklmnpqrstvwxz2456789bcdfghjklmnpqrstvwxz2456789
    123456789:AAaB3dE5gH7jK9mN1pQ2rSaB3dE5gH7jKab token ABCDEFGH23456789
    npm_aB3dE5gH7jK9mN1pQ2rSaB3dE5gH7jK9mN1p ya29.aB3dE5gH7jK9 xapp-1-A0B1C2 MSG.started
    \x1b[36m \x1b[0m phone mobile__c IN LIKE not+in 5512345678 ('5512345678') %275512345678%27 userID:5215512345678
    \\u001b[1m INVALID_AUTH_HEADER Aa1_Bb2_Cc3_Dd4_Ee5 ° º ª ¿cómo é 52 offset 1234567890 ²
    """.split()  # noqa: SIM905
)
NAMES = st.builds(
    lambda before, end, noise, at: before + end[: at % len(end)] + noise + end[at % len(end) :],
    st.sampled_from(["", "x", "SFC_", "user", "é"]),
    st.sampled_from([*telling_ends(), *weak_ends(), "name", "value", "code", "label"]),
    st.sampled_from(["", "", "_", "-", ".", "é", "__"]),
    st.integers(0, 20),
)
JOINTS = st.sampled_from(
    [
        *(": ", ":", "=", " = ", " ", "", '": "', '":"', '\\":\\"', "%3D", "=>", ":=", "%22", "'", '"', ",", ", "),
        *(">", "<", "</", "--", " --", "&", "%26", "{", "}", "[", "\t", "\n", "+", "%20", "\\", "`"),
        *("\x1c", "\x0b", "\u00a0", "\u212a", "é"),
    ]
)
TEXTS = st.lists(st.one_of(VALUES, NAMES, JOINTS, JOINTS, st.text(max_size=3)), max_size=14).map("".join)


@given(TEXTS)
def test_every_line_is_as_the_redactor_has_it(text: str) -> None:
    """What is passed by for speed is what the redactor leaves alone."""
    assert CLEANER.lines(text) == [REDACTOR.text(line) for line in text.split("\n")]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('{"userID":"5215512345678"}', '{"userID":"***78"}'),
        ("pass_word=hunter2", "pass_word=***"),
        ("map[userID:5215512345678]", "map[userID:***78]"),
        ("Phone NOT IN ('5512345678')", "Phone NOT IN ('***78')"),
        ('{"label":"Last Name","value":"Pérez"}', '{"label":"Last Name","value":"***"}'),
        ("4111-1111-1111-1111", "***"),
        ("--client-secret hunter2", "--client-secret ***"),
        ('{"name": "apiKey", "value": "hunter2"}', '{"name": "apiKey", "value": "***"}'),
        ("<ns:password>hunter2</ns:password>", "<ns:password>***</ns:password>"),
        ("écrit à rita@acme.example.com", "écrit à r***@acme.example.com"),
        ("Authorization: Bearer Xy12345678", "Authorization: Bearer ***"),
    ],
)
def test_what_must_not_be_shown_is_found_among_other_lines(line: str, shown: str) -> None:
    """One in the middle of what needs nothing."""
    text = f"health check ok\n{line}\nNot content events"

    assert CLEANER.lines(text) == ["health check ok", shown, "Not content events"]
