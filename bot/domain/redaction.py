"""The one gate: whatever is posted, logged or stored passes here first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from bot.domain.known_secrets import secrets_pattern
from bot.domain.secret_fields import mask_fields, mask_value
from bot.domain.secret_names import is_phone, is_secret, is_weak
from bot.domain.secret_shapes import MASK, mask_shapes

if TYPE_CHECKING:
    from bot.domain.codec import Json

_ROUNDS = 6
"""A mask may uncover a neighbour; in practice the second round changes nothing."""
_TAG = re.compile(r"(<(?:[\w.-]+:)?([\w.-]+)>)([^<]+)(?=</)")
_AFFINITY = re.compile(r"affinity", re.IGNORECASE)
_LIVE_AGENT_KEY = re.compile(r"(\bkey\\*[\"']?\s*[:=]\s*)(\\*[\"']?)([\w!+/=.%-]+)", re.IGNORECASE)


class Redactor:
    """Masks secrets and personal data and leaves the evidence; `known_secrets` are found wherever they stand.

    Masks keep what a diagnosis needs: an empty bearer stays `Bearer `, an e-mail keeps its first letter and its
    domain, a telephone number its last two digits. Redacting twice changes nothing more.
    """

    def __init__(self, known_secrets: Iterable[str] = ()) -> None:
        self._known = secrets_pattern(known_secrets)

    def text(self, s: str) -> str:
        """The text as it may be shown."""
        for _ in range(_ROUNDS):
            redacted = self._once(s)
            if redacted == s:
                break
            s = redacted
        return s

    def value(self, v: object) -> Json:
        """The same shape with every string redacted, keys included; what JSON cannot say becomes text."""
        if isinstance(v, str):
            return self.text(v)
        if v is None or isinstance(v, bool | int | float):
            return v
        if isinstance(v, Mapping):
            return self._mapping(v)
        if isinstance(v, Sequence) and not isinstance(v, bytes | bytearray):
            return [self.value(item) for item in v]
        return self.text(str(v))

    def _once(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub(MASK, text)
        text = mask_fields(mask_shapes(text))
        text = _TAG.sub(_tag, text)
        if _AFFINITY.search(text):
            # A LiveAgent session: its `key` says nothing by its name.
            text = _LIVE_AGENT_KEY.sub(rf"\1\2{MASK}", text)
        return text

    def _mapping(self, mapping: Mapping[object, object]) -> dict[str, Json]:
        names = {str(name).lower() for name in mapping}
        in_session = any("affinity" in name for name in names)
        pair = next((str(mapping[name]) for name in ("name", "Name", "key", "label") if name in mapping), "")
        redacted: dict[str, Json] = {}
        for key, item in mapping.items():
            name = str(key)
            under = pair if name in ("value", "Value") and is_secret(pair) else name
            whole = is_secret(under) or (in_session and name.lower() == "key")
            redacted[self._free_name(name, redacted)] = self._field(under, item, whole)
        return redacted

    def _field(self, name: str, item: object, whole: bool) -> Json:
        clean = self.value(item)
        if whole:
            return _masked_whole(clean)
        if isinstance(clean, str) and (is_weak(name) or is_phone(name)):
            return mask_value(name, clean)
        return clean

    def _free_name(self, name: str, taken: Mapping[str, Json]) -> str:
        """Two names that look alike once redacted stay two."""
        clean = self.text(name)
        while clean in taken:
            clean += "~"
        return clean


def _masked_whole(item: Json) -> Json:
    if isinstance(item, str):
        return mask_value("secret", item)
    if item is None or isinstance(item, bool):
        return item
    if isinstance(item, int | float):
        return MASK
    if isinstance(item, Mapping):
        return {name: _masked_whole(inner) for name, inner in item.items()}
    return [_masked_whole(inner) for inner in item]


def _tag(match: re.Match[str]) -> str:
    return f"{match[1]}{MASK}" if is_secret(match[2]) else match[0]
