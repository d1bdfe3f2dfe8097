"""The two ways the reference turns bytes into JavaScript strings (mask-payload.md, 3.1 and 3.2)."""

from __future__ import annotations

import struct

_BOM = b"\xef\xbb\xbf"


def decode_whatwg(raw: bytes) -> str:
    """UTF-8 with U+FFFD for what is broken, and without a leading byte order mark."""
    return raw.removeprefix(_BOM).decode("utf-8", "replace")


def decode_lax(buffer: bytes, position: int, end: int) -> str:
    """UTF-16 units without checking continuation bytes; a cut character takes its bytes from behind the end."""
    units: list[int] = []
    padded = buffer[position : end + 3].ljust(end - position + 3, b"\0")
    index, size = 0, end - position
    while index < size:
        lead = padded[index]
        follow = [byte & 0x3F for byte in padded[index + 1 : index + 4]]
        if lead & 0xE0 == 0xC0:
            index += 2
            units.append((lead & 0x1F) << 6 | follow[0])
        elif lead & 0xF0 == 0xE0:
            index += 3
            units.append((lead & 0x0F) << 12 | follow[0] << 6 | follow[1])
        elif lead & 0xF8 == 0xF0:
            index += 4
            units += _units((lead & 0x07) << 18 | follow[0] << 12 | follow[1] << 6 | follow[2])
        else:
            index += 1
            units.append(lead)
    return struct.pack(f"<{len(units)}H", *units).decode("utf-16-le", "surrogatepass")


def _units(point: int) -> list[int]:
    """The UTF-16 units of a code point of up to 21 bits, computed as if it were in range."""
    if point <= 0xFFFF:
        return [point]
    point -= 0x10000
    return [0xD800 | point >> 10 & 0x3FF, 0xDC00 | point & 0x3FF]
