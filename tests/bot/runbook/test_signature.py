"""Templates and front matter of signatures: what they fit, and what is refused."""

from __future__ import annotations

import re

import pytest

from bot.runbook.errors import BadEntry
from bot.runbook.pattern_set import PatternSet, flaw
from bot.runbook.plain import plain
from bot.runbook.signature import read_signatures, title_signature
from bot.runbook.signature_faults import repeats_a_repetition
from bot.runbook.template import to_pattern


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("dial tcp <addr>:6379", "dial tcp [fd00::1]:6379: connect: refused"),
        ("error call with status", '{"Error":"CALL", "with": [status]}'),
        ("code <n> of <word>", "code=17 of redis.master-0"),
        ("{failed|unable} to connect", "Unable to  connect"),
        ("no {live|} master", "no master"),
        ("no {live|} master", "no live master"),
        ("{the|} coordinator dead", "coordinator dead"),
        ("^Redis fails$", "## *Redis fails!*"),
        ("can't write", "can\\u0027t write"),
        ("link <any> lost", "link to node 7 lost"),
        ("/a b/", "a \t b"),
        ("/[ ]x{2}/", "- xx"),
    ],
)
def test_a_template_forgives_what_stands_between_its_words(template: str, text: str) -> None:
    """Case, spacing, quoting, brackets and escapes."""
    assert PatternSet([to_pattern(template)]).found_in(plain(text)) == [0]


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("dial tcp <addr>:6379", "dial tcp 10.0.0.1:63790: refused"),
        ("master down", "mastermind down"),
        ("code <n>", "code red"),
        ("{failed|unable} to connect", "able to connect"),
        ("^Redis fails$", "when Redis fails, call us"),
        ("down", "breakdown"),
    ],
)
def test_a_template_fits_whole_words_only(template: str, text: str) -> None:
    """A longer word or number is another one."""
    assert PatternSet([to_pattern(template)]).found_in(text) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("[31mred[0m", "red"),
        ("r\x00e\x00d\x00", "red"),
        ("can&#x27;t &amp; won&#39;t", "can't & won't"),
        ("\\u001b[1mbold", "bold"),
        ("a\\tb\\nc", "a b c"),
        ('{\\"a\\":\\\\\\"b\\\\\\"}', '{"a":"b"}'),
        ("\\u003ca\\u003e &amp; &lt;b&gt;", "<a> & <b>"),
        ("wide\u00a0space \uff52\uff45\uff44", "wide space red"),
        ("ze\u200bro", "zero"),
        ("\u201ccan\u2019t\u201d \u2013 won\u2018t", "\"can't\" - won't"),
        ("x[5] y[3][ERROR]", "x[5] y[3][ERROR]"),
        ("half \ud800 pair", "half ? pair"),
        ("&amp;amp;quot;a&#34;&#x20;b&nbsp;c&#10;d", '"a" b c d'),
        ("\\u201cred\\u201d \\ud83d\\ude00 \\u0085", '"red" \U0001f600  '),
        ("\\x22a\\x22\\xc2\\xa0b \\xe2\\x80\\x9cc\\x0a", '"a" b "c '),
        ("%5B500%5D%20-%2520red%0A%C3%B3 100% %3|FAIL", "[500] - red ó 100% %3|FAIL"),
        ("a+b%3A+c +sdown", "a b: c +sdown"),
        ("a+b +sdown", "a+b +sdown"),
        ('"x","{""a"":""b""}","" , ""', '"x","{"a":"b"}"," , "'),
        ('{"a":"","b":""}', '{"a":"","b":""}'),
        ("_red alert_\n_id\nid_", "red alert\n_id\nid_"),
        ("<http://a.example.com|a.example.com>:9092", "a.example.com:9092"),
        ("<https://a.example.com|here> <a|b>", "<https://a.example.com|here> <a|b>"),
    ],
)
def test_a_text_is_read_as_a_person_reads_it(text: str, words: str) -> None:
    """Colours, escapes and markup are taken off; what else has brackets stays."""
    assert plain(text) == words


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ("text", "must be a list"),
        ([7], "must hold texts"),
        ([{"also": "x"}], "sections with `match`"),
        ([{"match": "x", "rival": "y"}], "unknown key rival"),
        ([{"match": []}], "`match`"),
        ([{"match": [""]}], "`match`"),
        ([{"match": "x", "also": [1]}], "`also`"),
        ([{"match": "x", "within": -1}], "`within`"),
        ([{"match": "x", "at_least": 0}], "`at_least`"),
        ([{"match": "x", "confidence": 0.2}], "`confidence`"),
        ([{"match": "x", "confidence": True}], "`confidence`"),
    ],
)
def test_a_wrong_signature_is_refused_by_name(value: object, complaint: str) -> None:
    """The file and the key are named."""
    with pytest.raises(BadEntry, match=re.escape(complaint)):
        read_signatures("page.md", "page", value)


def test_a_section_gives_one_signature_for_each_of_its_matches() -> None:
    """They share the rest."""
    first, second = read_signatures(
        "page.md",
        "page",
        [{"match": ["red", "/bl?ue/"], "unless": "green", "within": 3, "examples": "red or blue"}],
    )

    assert (first.source, second.source) == ("red", "/bl?ue/")
    assert first.unless == second.unless == (to_pattern("green"),)
    assert (first.within, first.at_least, first.entry) == (3, 1, "page")


def test_words_alone_are_their_own_example() -> None:
    """A regular expression and what varies are not."""
    plain_words, varying, regex = read_signatures("page.md", "page", ["red", "red <n>", "/red/"])

    assert (plain_words.examples, varying.examples, regex.examples) == (("red",), (), ())


def test_a_title_with_signs_is_words_all_the_same() -> None:
    """Nothing in a title is read as a pattern."""
    signature = title_signature("page", "Is it (really) 50% <down>?")

    assert PatternSet([signature.pattern]).found_in("is it really 50 down") == [0]


@pytest.mark.parametrize("pattern", [r"(a)\1", "(?=a)b", "(?<!a)b", "(", "a{2,1}", "*"])
def test_what_does_not_run_in_linear_time_is_refused(pattern: str) -> None:
    """The engine itself says so."""
    assert flaw(pattern)


@pytest.mark.parametrize(
    ("pattern", "repeats"),
    [
        ("(a+)*", True),
        ("(?:a*b)+", True),
        ("((a{2,})b)*", True),
        ("(?:[+*]a)*", False),
        (r"(?:\+a)*", False),
        ("(?:a+)?b+", False),
        ("(?:a{2,5})+", False),
        ("[]*](b)*", False),
        ("a+b*", False),
    ],
)
def test_a_repeated_repetition_is_seen(pattern: str, repeats: bool) -> None:
    """Other engines go back over a text for ever on it."""
    assert repeats_a_repetition(pattern) is repeats
