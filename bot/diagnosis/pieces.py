"""Cuts a log into pieces of whole lines, in constant memory, whether or not it has an end."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LIMIT = 64 * 1024
"""How much of a line is looked at, in bytes: a log without newlines must not fill the memory."""
CUT = " … (cut)"
"""What stands for the rest of a longer line."""
_SPAN_BYTES = 512 << 10
"""Small enough for the processor's cache, and for the allocator to use the same memory again."""
_LONG_LINE = 4 << 10
"""Bytes read behind a span: they mostly hold the end of its last line."""
_READ = 1 << 20


@dataclass(frozen=True, slots=True)
class Piece:
    """Some whole lines: joined by newlines, none after the last; bytes that are no UTF-8 read as U+FFFD."""

    text: str
    cut: int
    """How many of them were longer than LIMIT."""
    is_empty: bool = False
    """No line at all: an empty text alone is one empty line."""

    def lines(self, number: int = 0, start: int = 0) -> int:
        """How many, when line `number`, counted from 0, is known to start there: to count is not cheap."""
        return 0 if self.is_empty else number + self.text.count("\n", start) + 1


@dataclass(frozen=True, slots=True)
class LogFile:
    """A regular file as it was when it was opened: a descriptor, which is never moved, and the bytes to read.

    What is written behind its end meanwhile is not read. To read what was cut off raises OSError: a log that
    shrinks must not look like one that was read to its end.
    """

    descriptor: int
    start: int
    end: int
    span_bytes: int = _SPAN_BYTES

    def spans(self) -> range:
        """Where each piece begins."""
        return range(self.start, self.end, self.span_bytes)

    def read(self, span: int) -> Piece:
        """The lines that begin in this span. Raises OSError."""
        begin = span if span == self.start else span - 1  # a newline there says that a line begins with the span
        end = min(span + self.span_bytes, self.end)
        data = self._bytes(begin, min(end + _LONG_LINE, self.end))
        first = data.find(b"\n") + 1 if begin < span else 0
        if begin < span and not 0 < first < end - begin:
            return _piece(b"")
        last = data.find(b"\n", end - 1 - begin)
        if last >= 0:
            return _piece(data[first : last + 1])
        return _piece(data[first:] + self._rest_of_line(begin + len(data)))

    def _rest_of_line(self, start: int) -> bytes:
        """As much as may count: one byte more than LIMIT shows that the line is longer."""
        data = self._bytes(start, min(start + LIMIT + 1, self.end))
        newline = data.find(b"\n")
        return data[: newline + 1] if newline >= 0 else data

    def head(self) -> bytes:
        """Its first bytes."""
        return self._bytes(self.start, min(self.start + LIMIT, self.end))

    def chunks(self) -> Iterator[bytes]:
        """All of it, in order."""
        for span in self.spans():
            yield self._bytes(span, min(span + self.span_bytes, self.end))

    def _bytes(self, start: int, end: int) -> bytes:
        data = os.pread(self.descriptor, end - start, start)
        if len(data) < end - start:
            raise OSError("it was cut short while it was read")
        return data


def arriving(descriptor: int) -> Iterator[bytes]:
    """What a pipe or terminal gives, as soon as it is there. Raises OSError."""
    while data := os.read(descriptor, _READ):
        yield data


def read_stream(chunks: Iterable[bytes]) -> Iterator[Piece]:
    """The lines of a log without an end, each as soon as it is whole."""
    rest, skips = b"", False
    for data in chunks:
        if skips:
            newline = data.find(b"\n")
            if newline < 0:
                continue
            data, skips = data[newline + 1 :], False
        data = rest + data
        whole = data.rfind(b"\n") + 1
        rest = data[whole:]
        if len(rest) > LIMIT:
            whole, rest, skips = len(data), b"", True
        if whole:
            yield _piece(data[:whole])
    if rest:
        yield _piece(rest)


def _piece(data: bytes) -> Piece:
    if not data:
        return Piece("", 0, is_empty=True)
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    lines, cut = _shortened(data.removesuffix(b"\n"))
    return Piece(lines.decode("utf-8", "replace"), cut)


def _shortened(data: bytes) -> tuple[bytes, int]:
    """The lines with none longer than LIMIT, and how many were; short ones are passed by many at a time."""
    kept: list[bytes] = []
    taken = position = 0
    while len(data) - position > LIMIT:
        newline = data.rfind(b"\n", position, position + LIMIT + 1)
        if newline >= 0:
            position = newline + 1
            continue
        kept += [data[taken : position + LIMIT], CUT.encode()]
        line_end = data.find(b"\n", position)
        taken = position = line_end if line_end >= 0 else len(data)
        position += 1
    if not kept:
        return data, 0
    return b"".join([*kept, data[taken:]]), len(kept) // 2
