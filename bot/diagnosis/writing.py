"""Tells by its first bytes how a log is written, and makes UTF-8 with `\\n` of what is written otherwise."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from io import IncrementalNewlineDecoder
from itertools import chain

from bot.domain.errors import SfintError

BOM = codecs.BOM_UTF8
_UNPACKERS = {
    b"\x1f\x8b\x08": "zcat",
    b"\x28\xb5\x2f\xfd": "zstdcat",
    b"\xfd7zXZ\x00": "xzcat",
    b"BZh91AY&SY": "bzcat",
    b"PK\x03\x04": "unzip -p",
}
_UTF16 = re.compile(rb"\xff\xfe(?:[^\0]\0|\Z)|\xfe\xff(?:\0[^\0]|\Z)", re.DOTALL)
"""The mark that PowerShell's `>` writes, before a Latin letter: the mark alone may be rubbish in another log."""
_TELLING = max(map(len, _UNPACKERS))


class Packed(SfintError):
    """Not a text yet; `unpacker` is the command that makes one of it."""

    def __init__(self, unpacker: str) -> None:
        super().__init__("it is compressed")
        self.unpacker = unpacker


def decoder(head: bytes) -> IncrementalNewlineDecoder | None:
    """For UTF-16, and for lines that end in `\\r` alone; None for a log that begins as ours do. Raises Packed."""
    for mark, unpacker in _UNPACKERS.items():
        if head.startswith(mark):
            raise Packed(unpacker)
    if _UTF16.match(head):
        return IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-16")("replace"), translate=True)
    if b"\r" in head and b"\n" not in head:
        return IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8-sig")("replace"), translate=True)
    return None


def in_utf8(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same log; nothing is held back but a beginning that says nothing yet. Raises Packed."""
    head, rest = b"", iter(chunks)
    for chunk in rest:
        head += chunk
        if len(head) >= _TELLING or b"\n" in head:
            break
    decode = decoder(head)
    if decode is None:
        yield head.removeprefix(BOM)
        yield from rest
        return
    for chunk in chain((head,), rest):
        yield decode.decode(chunk).encode()
    yield decode.decode(b"", final=True).encode()
