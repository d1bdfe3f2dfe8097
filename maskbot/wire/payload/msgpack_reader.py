"""MessagePack as the extension reads it, tolerances and all (mask-payload.md, 3.1), bounded against bombs.

One pass without recursion. Bounds: 64 KiB of input, 100 levels, 10,000 values (about 10 ms); a claimed count beyond the rest
of the input is refused before anything is allocated (reliability.md, E6). Strings follow the two paths of the reference: up
to 200 bytes a lax decoder, longer ones the WHATWG decoder. The lax one looks past the end of a string whose last
character is cut; that quirk is reproduced, reading never leaves the buffer.
"""

from __future__ import annotations

import struct

from maskbot.wire.payload.utf8 import decode_lax, decode_whatwg
from maskbot.wire.payload.values import MAX_DEPTH, MAX_SAFE_INTEGER, Instant, number_text

MAX_BYTES = 64 * 1024
MAX_VALUES = 10_000
_LAX_BYTES = 200
_INTEGERS = {0xCC: (1, False), 0xCD: (2, False), 0xCE: (4, False), 0xCF: (8, False)} | {
    0xD0: (1, True),
    0xD1: (2, True),
    0xD2: (4, True),
    0xD3: (8, True),
}
_TEXTS = {0xD9: 1, 0xDA: 2, 0xDB: 4}
_BINARIES = {0xC4: 1, 0xC5: 2, 0xC6: 4}
_ARRAYS = {0xDC: 2, 0xDD: 4}
_MAPS = {0xDE: 2, 0xDF: 4}
_FIXED_EXTENSIONS = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}
_EXTENSIONS = {0xC7: 1, 0xC8: 2, 0xC9: 4}


class Undecodable(ValueError):
    """Not one whole MessagePack value within the bounds."""


class _Frame:
    """An array or map being filled."""

    __slots__ = ("items", "key", "left", "members")

    def __init__(self, count: int, *, is_map: bool) -> None:
        self.left = count
        self.items: list[object] = []
        self.members: dict[str, object] | None = {} if is_map else None
        self.key: str | None = None

    def put(self, value: object) -> None:
        if self.members is None:
            self.items.append(value)
            self.left -= 1
        elif self.key is None:
            self.key = _key(value)
        else:
            self.members[self.key] = value
            self.key = None
            self.left -= 1

    @property
    def content(self) -> object:
        return self.items if self.members is None else self.members


class _Cursor:
    """The input and how far it has been read."""

    __slots__ = ("buffer", "position")

    def __init__(self, buffer: bytes) -> None:
        self.buffer = buffer
        self.position = 0

    def take(self, count: int) -> bytes:
        end = self.position + count
        if end > len(self.buffer):
            raise Undecodable("the input ends too early")
        taken = self.buffer[self.position : end]
        self.position = end
        return taken

    def number(self, size: int, *, signed: bool = False) -> int:
        return int.from_bytes(self.take(size), "big", signed=signed)

    def count(self, count: int, *, width: int) -> int:
        """A claimed number of elements, each of at least `width` bytes."""
        if count * width > len(self.buffer) - self.position:
            raise Undecodable("more elements claimed than the input can hold")
        return count


def unpack(buffer: bytes) -> object:
    """The one value in `buffer`: None, bool, int, float, str, bytes, Instant, list, or dict with text keys.

    Raises:
        Undecodable: damaged, truncated, trailing bytes, a key that is no text or number, or beyond the bounds.
    """
    if len(buffer) > MAX_BYTES:
        raise Undecodable("longer than 64 KiB")
    cursor = _Cursor(buffer)
    frames: list[_Frame] = []
    for _ in range(MAX_VALUES):
        value = _next(cursor)
        if isinstance(value, _Frame):
            if len(frames) >= MAX_DEPTH:
                raise Undecodable("nested more than 100 levels")
            frames.append(value)
        elif frames:
            frames[-1].put(value)
        else:
            return _whole(value, cursor)
        while frames and not frames[-1].left:
            done = frames.pop().content
            if not frames:
                return _whole(done, cursor)
            frames[-1].put(done)
    raise Undecodable("more than 10,000 values")


def _whole(value: object, cursor: _Cursor) -> object:
    if cursor.position != len(cursor.buffer):
        raise Undecodable("bytes after the value")
    return value


def _next(cursor: _Cursor) -> object:
    head = cursor.number(1)
    if head < 0x80:
        return head
    if head >= 0xE0:
        return head - 0x100
    if head < 0x90:
        return _Frame(cursor.count(head & 15, width=2), is_map=True)
    if head < 0xA0:
        return _Frame(cursor.count(head & 15, width=1), is_map=False)
    if head < 0xC0:
        return _text(cursor, head & 31)
    if head in _TEXTS:
        return _text(cursor, cursor.number(_TEXTS[head]))
    if head in _BINARIES:
        return cursor.take(cursor.number(_BINARIES[head]))
    if head in _INTEGERS:
        size, signed = _INTEGERS[head]
        number = cursor.number(size, signed=signed)
        return number if -MAX_SAFE_INTEGER <= number <= MAX_SAFE_INTEGER else float(number)
    if head in _ARRAYS:
        return _Frame(cursor.count(cursor.number(_ARRAYS[head]), width=1), is_map=False)
    if head in _MAPS:
        return _Frame(cursor.count(cursor.number(_MAPS[head]), width=2), is_map=True)
    return _rare(cursor, head)


def _rare(cursor: _Cursor, head: int) -> object:
    match head:
        case 0xC0:
            return None
        case 0xC2 | 0xC3:
            return head == 0xC3
        case 0xCA:
            return struct.unpack(">f", cursor.take(4))[0]
        case 0xCB:
            return struct.unpack(">d", cursor.take(8))[0]
        case _ if head in _FIXED_EXTENSIONS:
            return _extension(cursor, _FIXED_EXTENSIONS[head])
        case _ if head in _EXTENSIONS:
            return _extension(cursor, cursor.number(_EXTENSIONS[head]))
    raise Undecodable("a byte that begins no value")


def _key(value: object) -> str:
    if isinstance(value, str):
        key = value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        key = number_text(value)
    else:
        raise Undecodable("a map key is neither text nor number")
    if key == "__proto__":
        raise Undecodable("the map key __proto__ is refused")
    return key


def _extension(cursor: _Cursor, size: int) -> object:
    """Extension -1 is a time stamp; any other type is handed on as type and bytes."""
    kind = cursor.number(1, signed=True)
    raw = cursor.take(size)
    if kind != -1:
        return {"type": kind, "data": raw}
    if size == 4:
        return Instant(int.from_bytes(raw, "big") * 1000)
    if size == 8:
        packed = int.from_bytes(raw, "big")
        return Instant((packed & (1 << 34) - 1) * 1000 + (packed >> 34) // 1_000_000)
    if size == 12:
        nanoseconds = int.from_bytes(raw[:4], "big")
        return Instant(int.from_bytes(raw[4:], "big", signed=True) * 1000 + nanoseconds // 1_000_000)
    raise Undecodable("a time stamp of unknown length")


def _text(cursor: _Cursor, length: int) -> str:
    start = cursor.position
    raw = cursor.take(length)
    if length > _LAX_BYTES:
        return decode_whatwg(raw)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return decode_lax(cursor.buffer, start, start + length)
