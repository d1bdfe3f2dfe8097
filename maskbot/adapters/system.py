"""The machine's own clock and random source."""

from __future__ import annotations

import os
import time


class SystemClock:
    """The wall clock (port `Clock`)."""

    def now_ms(self) -> int:
        """Unix time in milliseconds."""
        return time.time_ns() // 1_000_000


class SystemEntropy:
    """The operating system's random source (port `Entropy`)."""

    def take(self, size: int) -> bytes:
        """`size` random bytes, fit for keys."""
        return os.urandom(size)
