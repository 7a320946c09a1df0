"""Kafka's frames: bytes to the request entities of `kio`, answers written as plain mappings back to bytes."""

from __future__ import annotations

import dataclasses
import datetime
import io
import struct
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from kio.index import load_request_schema, load_response_schema
from kio.schema.errors import ErrorCode
from kio.serial import entity_reader, entity_writer
from kio.serial.errors import SerialError

Answer = Mapping[str, typing.Any]
"""Field name -> value; structures nested as mappings, arrays as sequences, what is left out has its default."""

API_VERSIONS = 18
_PREFIX = struct.Struct(">hhi")
_ZEROS: Mapping[str, object] = {
    "bool": False,
    "string": "",
    "bytes": b"",
    "error_code": ErrorCode.none,
    "timedelta_i32": datetime.timedelta(0),
    "timedelta_i64": datetime.timedelta(0),
}


class BadFrame(Exception):
    """Not a request that a broker can read; a real one hangs up."""


@dataclass(frozen=True)
class Frame:
    """What opens a request: which API, in which version, and the number that its answer has to carry."""

    api_key: int
    version: int
    correlation_id: int


def peek(data: bytes) -> Frame:
    """The fixed part of the header. Raises BadFrame."""
    if len(data) < _PREFIX.size:
        raise BadFrame("shorter than a header")
    return Frame(*_PREFIX.unpack_from(data))


def read(frame: Frame, data: bytes) -> tuple[str, typing.Any]:
    """The client's id and the request entity. Raises BadFrame."""
    schema = load_request_schema(frame.api_key, frame.version)
    try:
        header, size = _reader(schema.__header_schema__)(data, 0)
        request, _ = _reader(schema)(data, size)
    except (SerialError, ValueError, struct.error) as error:
        raise BadFrame(f"API {frame.api_key} version {frame.version}: {error}") from error
    return str(header.client_id or ""), request


def write(frame: Frame, answer: Answer) -> bytes:
    """The answer with its header and length, in the version of the request."""
    schema = load_response_schema(frame.api_key, frame.version)
    header: typing.Any = schema.__header_schema__
    out = io.BytesIO()
    _writer(header)(out, header(correlation_id=frame.correlation_id))
    _writer(schema)(out, _entity(schema, answer))
    return struct.pack(">i", out.tell()) + out.getvalue()


def _entity(schema: typing.Any, answer: Answer) -> object:
    """An older version lacks fields that the answer has; a newer one has some that it leaves out."""
    values = {
        field.name: _value(_nested(schema, field.name), answer[field.name])
        if field.name in answer
        else _zero(schema, field)
        for field in dataclasses.fields(schema)
        if field.name in answer or not _has_default(field)
    }
    return schema(**values)


def _value(nested: type[typing.Any] | None, given: object) -> object:
    if isinstance(given, Mapping) and nested is not None:
        return _entity(nested, given)
    if isinstance(given, list | tuple):
        return tuple(_value(nested, one) for one in given)
    return given


def _zero(schema: typing.Any, field: dataclasses.Field[typing.Any]) -> object:
    hint = _hints(schema)[field.name]
    if type(None) in typing.get_args(hint):
        return None
    if typing.get_origin(hint) is tuple:
        return ()
    return _ZEROS.get(field.metadata.get("kafka_type", ""), 0)


def _has_default(field: dataclasses.Field[typing.Any]) -> bool:
    return field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING


@cache
def _nested(schema: typing.Hashable, name: str) -> type[typing.Any] | None:
    """The structure inside `X`, `X | None`, `tuple[X, ...]` and `tuple[X, ...] | None`."""
    waiting = [_hints(schema)[name]]
    while waiting:
        hint = waiting.pop()
        if dataclasses.is_dataclass(hint) and isinstance(hint, type):
            return hint
        waiting.extend(typing.get_args(hint))
    return None


@cache
def _hints(schema: typing.Hashable) -> Mapping[str, typing.Any]:
    return typing.get_type_hints(schema)


# kio builds a reader or a writer anew at each call, which costs more than the reading.
_reader: typing.Any = cache(entity_reader)
_writer: typing.Any = cache(entity_writer)
