"""Row ids: UUID version 7 as text (RFC 9562, 5.7), so that ids sort by the time they were made."""

from __future__ import annotations

import os
import threading
import time

_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """A UUIDv7, 36 characters. Within one process every id is greater than the one before it."""
    global _last
    random = int.from_bytes(os.urandom(10), "big")
    with _lock:
        stamp = max(time.time_ns() // 1_000_000 << 12 | random >> 68, _last + 1)
        _last = stamp
    milliseconds, sequence = stamp >> 12, stamp & 0xFFF
    tail = 0x8000_0000_0000_0000 | random & 0x3FFF_FFFF_FFFF_FFFF
    digits = f"{milliseconds:012x}7{sequence:03x}{tail:016x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
