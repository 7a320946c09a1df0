"""Says what is wrong with a signature before it meets a log: its form, and whether it knows its own examples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.domain.runbook import Entry
from bot.domain.signature import Signature
from bot.runbook.matcher import Matcher
from bot.runbook.pattern_set import flaw


def signature_faults(entry: Entry) -> tuple[str, ...]:
    """Every fault of the entry's signatures, in words that follow its name."""
    if all(signature.source == entry.title for signature in entry.signatures):
        return ("has no signature besides its title",)
    broken = [fault for signature in entry.signatures for fault in _form(signature)]
    return tuple(broken) if broken else tuple(_examples(entry))


def _form(signature: Signature) -> Iterator[str]:
    for pattern in (signature.pattern, *signature.also, *signature.unless):
        if problem := flaw(pattern):
            yield f"has the signature {signature.source}, which is no regular expression in linear time: {problem}"
        elif repeats_a_repetition(pattern):
            yield f"has the signature {signature.source}, which repeats what is already repeated"
    if not signature.examples:
        yield f"has the signature {signature.source} without an example"


def _examples(entry: Entry) -> Iterator[str]:
    """Each example is known, and each signature knows one of its examples by itself."""
    every = Matcher([entry])
    for signature in entry.signatures:
        unknown = [example for example in signature.examples if not every.match(example)]
        yield from (f"does not recognise its own example: {example}" for example in unknown)
        alone = Matcher([replace(entry, signatures=(signature,))])
        if not unknown and not any(map(alone.match, signature.examples)):
            yield f"has the signature {signature.source}, which knows none of its examples"


def repeats_a_repetition(pattern: str) -> bool:
    """True for the likes of `(a+)*`: engines that go back over a text take for ever on them."""
    inside = [False]
    for atom, quantifier in _tokens(pattern):
        endless = quantifier[:1] in ("*", "+") or quantifier.endswith(",}")
        if atom == "(":
            inside.append(False)
        elif atom == ")" and len(inside) > 1:
            repeated = inside.pop()
            if repeated and endless:
                return True
            inside[-1] |= repeated or endless
        else:
            inside[-1] |= endless
    return False


def _tokens(pattern: str) -> Iterator[tuple[str, str]]:
    """Each atom or bracket with the quantifier behind it."""
    at = 0
    while at < len(pattern):
        end = _atom_end(pattern, at)
        atom = pattern[at:end]
        quantifier = "" if atom == "(" else _quantifier(pattern, end)
        yield atom, quantifier
        at = end + len(quantifier)


def _atom_end(pattern: str, at: int) -> int:
    if pattern[at] == "\\":
        return at + 2
    if pattern[at] != "[":
        return at + 1
    end = at + 2 if pattern[at + 1 : at + 2] != "^" else at + 3
    while end < len(pattern) and pattern[end] != "]":
        end += 2 if pattern[end] == "\\" else 1
    return end + 1


def _quantifier(pattern: str, at: int) -> str:
    if pattern[at : at + 1] in ("*", "+", "?"):
        return pattern[at]
    if pattern[at : at + 1] == "{" and (end := pattern.find("}", at)) > 0:
        return pattern[at : end + 1]
    return ""
