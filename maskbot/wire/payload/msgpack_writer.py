"""MessagePack as the extension writes it, byte for byte (mask-payload.md, 3.1; MessagePack specification).

Smallest integers, doubles never floats, binary apart from text, maps in JavaScript's key order. Written here and not by the
msgpack library because of lone surrogates, key order, and numbers, where JavaScript and Python differ.
"""

from __future__ import annotations

import struct

from maskbot.wire.payload.values import (
    MAX_DEPTH,
    MAX_SAFE_INTEGER,
    UNDEFINED,
    Instant,
    as_number,
    in_key_order,
    joined_surrogates,
    well_formed,
)

_LONGEST_WTF8_UNITS = 50


class Unwritable(ValueError):
    """A value of a type that has no form here (a class instance, say)."""


class TooDeep(ValueError):
    """Nested more than 100 levels."""


def pack(value: object, *, depth: int = 1) -> bytes:
    """The bytes of a value of `values.py`, which stands on level `depth` of its document.

    Raises:
        Unwritable: a value of a foreign type, however deep.
        TooDeep: more than 100 levels.
    """
    parts: list[bytes] = []
    _write(value, parts, depth)
    return b"".join(parts)


def _write(value: object, parts: list[bytes], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise TooDeep("nested more than 100 levels")
    match value:
        case None:
            parts.append(b"\xc0")
        case _ if value is UNDEFINED:
            parts.append(b"\xc0")
        case bool():
            parts.append(b"\xc3" if value else b"\xc2")
        case int() | float():
            parts.append(_number(value))
        case str():
            parts.append(text(value))
        case bytes():
            parts.append(binary(value))
        case Instant():
            parts.append(_timestamp(value))
        case list() | tuple():
            parts.append(header(len(value), 0x90, 15, b"\xdc", b"\xdd"))
            for item in value:
                _write(item, parts, depth + 1)
        case dict():
            _write_map(value, parts, depth)
        case _:
            raise Unwritable(f"a {type(value).__name__} has no MessagePack form here")


def _write_map(value: dict[object, object], parts: list[bytes], depth: int) -> None:
    named = {key: member for key, member in value.items() if isinstance(key, str)}
    if len(named) != len(value):
        raise Unwritable("map keys are texts")
    parts.append(header(len(named), 0x80, 15, b"\xde", b"\xdf"))
    for key, member in in_key_order(named):
        parts.append(text(key))
        _write(member, parts, depth + 1)


def header(length: int, fix: int, most: int, short: bytes, long: bytes) -> bytes:
    """The head of an array, map or short text: one byte up to `most`, else 16 or 32 bits."""
    if length <= most:
        return bytes([fix | length])
    return short + length.to_bytes(2, "big") if length < 65536 else long + length.to_bytes(4, "big")


def text(value: str) -> bytes:
    """A string; lone surrogates as three raw bytes if it has at most 50 UTF-16 units, else as U+FFFD."""
    try:
        raw = value.encode("utf-8")
    except UnicodeEncodeError:
        joined = joined_surrogates(value)
        units = len(joined.encode("utf-16-le", "surrogatepass")) // 2
        fits = units <= _LONGEST_WTF8_UNITS
        raw = joined.encode("utf-8", "surrogatepass") if fits else well_formed(joined).encode("utf-8")
    length = len(raw)
    if length < 32:
        return bytes([0xA0 | length]) + raw
    if length < 256:
        return b"\xd9" + bytes([length]) + raw
    return header(length, 0, -1, b"\xda", b"\xdb") + raw


def binary(value: bytes) -> bytes:
    """A byte string with its head."""
    length = len(value)
    if length < 256:
        return b"\xc4" + bytes([length]) + value
    return header(length, 0, -1, b"\xc5", b"\xc6") + value


def _number(value: float) -> bytes:
    number = as_number(value)
    if isinstance(number, float):
        if not (number.is_integer() and abs(number) <= MAX_SAFE_INTEGER):
            return b"\xcb\x7f\xf8\0\0\0\0\0\0" if number != number else b"\xcb" + struct.pack(">d", number)
        number = int(number)
    return _unsigned(number) if number >= 0 else _negative(number)


def _unsigned(number: int) -> bytes:
    if number < 0x80:
        return bytes([number])
    for code, size in ((b"\xcc", 1), (b"\xcd", 2), (b"\xce", 4)):
        if number < 1 << 8 * size:
            return code + number.to_bytes(size, "big")
    return b"\xcf" + number.to_bytes(8, "big")


def _negative(number: int) -> bytes:
    if number >= -0x20:
        return bytes([0x100 + number])
    for code, size in ((b"\xd0", 1), (b"\xd1", 2), (b"\xd2", 4)):
        if number >= -(1 << 8 * size - 1):
            return code + number.to_bytes(size, "big", signed=True)
    return b"\xd3" + number.to_bytes(8, "big", signed=True)


def _timestamp(value: Instant) -> bytes:
    """Extension -1. No vector has one; the forms are those of the MessagePack specification."""
    if value.epoch_ms is None:
        raise Unwritable("an invalid date has no MessagePack form")
    seconds, ms = divmod(value.epoch_ms, 1000)
    nanoseconds = ms * 1_000_000
    if 0 <= seconds < 1 << 34:
        if nanoseconds == 0 and seconds < 1 << 32:
            return b"\xd6\xff" + seconds.to_bytes(4, "big")
        return b"\xd7\xff" + (nanoseconds << 34 | seconds).to_bytes(8, "big")
    return b"\xc7\x0c\xff" + nanoseconds.to_bytes(4, "big") + seconds.to_bytes(8, "big", signed=True)
