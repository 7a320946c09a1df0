"""Finds configured secrets in a text, as they are and in the encodings in which they travel."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

MINIMUM_LENGTH = 4
"""Shorter values are no secrets: masking them would only blank out innocent words."""
_FOLDABLE = 12
"""From this length a secret is also found where a log wrapped it in the middle."""
_BREAK = r"(?:\\+[nrt]|\r|\n){0,4}"


def secrets_pattern(secrets: Iterable[str]) -> re.Pattern[str] | None:
    """One expression for all of them, the longest first; None where there is nothing to find."""
    usable = {secret for secret in secrets if len(secret.strip()) >= MINIMUM_LENGTH}
    forms = {form for secret in usable for form in _forms(secret) if len(form) >= MINIMUM_LENGTH}
    if not forms:
        return None
    return re.compile("|".join(_expression(form) for form in sorted(forms, key=lambda form: (-len(form), form))))


def _forms(secret: str) -> Iterator[str]:
    yield from (secret, secret.strip(), html.escape(secret), html.escape(secret, quote=False))
    for encoded in (quote(secret, safe=""), quote(secret), quote_plus(secret)):
        yield encoded
        yield re.sub("%[0-9A-F]{2}", lambda match: match.group().lower(), encoded)
        yield quote(encoded, safe="")
    for ascii_only in (True, False):
        once = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        twice = json.dumps(once, ensure_ascii=ascii_only)[1:-1]
        for escaped in (once, twice, _go_escaped(once), _go_escaped(twice)):
            yield from (escaped, escaped.replace("/", "\\/"))
    raw = secret.encode(errors="surrogatepass")
    yield from (raw.hex(), raw.hex().upper())
    yield from _base64_forms(raw)


def _go_escaped(text: str) -> str:
    """Go's encoding/json also escapes what HTML gives a meaning."""
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _base64_forms(raw: bytes) -> Iterator[str]:
    """The part of the encoding that does not depend on what stands before or after, at each of three offsets."""
    for offset, first in ((0, 0), (1, 2), (2, 3)):
        last = (offset + len(raw)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            inner = encode(b"\0" * offset + raw).decode()[first:last]
            if len(inner) >= 2 * MINIMUM_LENGTH:
                yield inner


def _expression(form: str) -> str:
    characters = [re.escape(character) for character in form]
    return (_BREAK if _FOLDABLE <= len(form) <= 512 else "").join(characters)
