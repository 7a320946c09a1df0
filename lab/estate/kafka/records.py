"""Record batches (magic 2): what of them a broker looks at, and new ones for history that was never produced."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace

import google_crc32c
from kio.serial.readers import read_signed_varint, read_signed_varlong
from kio.serial.writers import write_signed_varint, write_signed_varlong

_LENGTH = struct.Struct(">qi")
_CHECKSUM = struct.Struct(">ibI")
_HEAD = struct.Struct(">hiqqqhii")
_HEAD_AT = _LENGTH.size + _CHECKSUM.size
_RECORDS_AT = _HEAD_AT + _HEAD.size
_TIMES, _TIMES_AT = struct.Struct(">qq"), 6
_COMPRESSION = 0x07


class BadBatch(Exception):
    """CORRUPT_MESSAGE: wrong magic, wrong length or wrong checksum."""


@dataclass(frozen=True)
class Batch:
    """Records that came together: the first one's timestamp, and every record's distance from it (both in ms).

    In a compressed batch every record counts as its newest, as nothing here unpacks one.
    """

    base_offset: int
    first: int
    deltas: tuple[int, ...]
    newest: int
    data: bytes

    @property
    def count(self) -> int:
        """How many records."""
        return len(self.deltas)

    @property
    def next_offset(self) -> int:
        """The offset after the last record."""
        return self.base_offset + self.count

    def first_since(self, moment: int) -> tuple[int, int] | None:
        """Offset and timestamp of the first record at or after that time (ms)."""
        if self.newest < moment:
            return None
        number = next(number for number, delta in enumerate(self.deltas) if self.first + delta >= moment)
        return self.base_offset + number, self.first + self.deltas[number]

    def at(self, base_offset: int) -> Batch:
        """The same batch where the log puts it; the checksum does not cover the offset."""
        return replace(self, base_offset=base_offset, data=struct.pack(">q", base_offset) + self.data[8:])

    def later(self, milliseconds: int) -> Batch:
        """The same records at another time, which costs far less than to compose them anew."""
        first, newest = self.first + milliseconds, self.newest + milliseconds
        covered = bytearray(self.data[_HEAD_AT:])
        _TIMES.pack_into(covered, _TIMES_AT, first, newest)
        return replace(self, first=first, newest=newest, data=_framed(bytes(covered)))


def split(data: bytes) -> list[Batch]:
    """The batches of a produce request. Raises BadBatch."""
    batches, at = [], 0
    while at < len(data):
        if len(data) - at < _RECORDS_AT:
            raise BadBatch("shorter than a batch's head")
        _, length = _LENGTH.unpack_from(data, at)
        end = at + _LENGTH.size + length
        if not at + _RECORDS_AT <= end <= len(data):
            raise BadBatch(f"a length of {length}")
        batches.append(_batch(data[at:end]))
        at = end
    return batches


def compose(values: Sequence[tuple[int, bytes | None, bytes]]) -> Batch:
    """A batch of (milliseconds, key, value), at least one, at offset 0 until a log takes it."""
    first = values[0][0]
    newest = max(moment for moment, _, _ in values)
    body = io.BytesIO()
    body.write(_HEAD.pack(0, len(values) - 1, first, newest, -1, -1, -1, len(values)))
    for number, (moment, key, value) in enumerate(values):
        _write_record(body, number, moment - first, key, value)
    deltas = tuple(moment - first for moment, _, _ in values)
    return Batch(0, first, deltas, newest, _framed(body.getvalue()))


def _framed(covered: bytes) -> bytes:
    checksum = _CHECKSUM.pack(0, 2, google_crc32c.value(covered))
    return _LENGTH.pack(0, len(checksum) + len(covered)) + checksum + covered


def _batch(data: bytes) -> Batch:
    _, magic, checksum = _CHECKSUM.unpack_from(data, _LENGTH.size)
    if magic != 2:
        raise BadBatch(f"magic {magic}")
    if google_crc32c.value(data[_HEAD_AT:]) != checksum:
        raise BadBatch("the checksum does not fit")
    attributes, last_delta, first, newest, _, _, _, count = _HEAD.unpack_from(data, _HEAD_AT)
    if count < 1 or count != last_delta + 1:
        raise BadBatch(f"{count} records, the last at {last_delta}")
    if attributes & _COMPRESSION:
        return Batch(0, newest, (0,) * count, newest, data)
    return Batch(0, first, _deltas(data, count), newest, data)


def _deltas(data: bytes, count: int) -> tuple[int, ...]:
    found, at = [], _RECORDS_AT
    for _ in range(count):
        length, size = read_signed_varint(data, at)
        delta, _ = read_signed_varlong(data, at + size + 1)
        found.append(delta)
        at += size + length
    if at != len(data):
        raise BadBatch("the records do not fill the batch")
    return tuple(found)


def _write_record(out: io.BytesIO, number: int, delta: int, key: bytes | None, value: bytes) -> None:
    record = io.BytesIO()
    record.write(b"\0")
    write_signed_varlong(record, delta)
    write_signed_varint(record, number)
    _write_bytes(record, key)
    _write_bytes(record, value)
    write_signed_varint(record, 0)
    write_signed_varint(out, record.tell())
    out.write(record.getvalue())


def _write_bytes(out: io.BytesIO, value: bytes | None) -> None:
    write_signed_varint(out, -1 if value is None else len(value))
    out.write(value or b"")
