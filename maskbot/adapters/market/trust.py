"""Which source is not believed about which token: for an hour after three answers far from the others.

Source: price-cards.md 6.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

STRIKES = 3
DISTRUST_MS = 3_600_000
_SIZE = 2_048


class Trust:
    """Strikes by source and token. Safe to share between threads."""

    def __init__(self) -> None:
        self._strikes: OrderedDict[tuple[str, str], tuple[int, int]] = OrderedDict()
        self._lock = Lock()

    def is_distrusted(self, source: str, token: str, *, now_ms: int) -> bool:
        """Whether the source has struck out about this token within the hour."""
        with self._lock:
            strikes, last_ms = self._strikes.get((source, token), (0, 0))
        return strikes >= STRIKES and now_ms - last_ms < DISTRUST_MS

    def strike(self, source: str, token: str, *, now_ms: int) -> None:
        """The source differed from the others that agree."""
        with self._lock:
            strikes, last_ms = self._strikes.pop((source, token), (0, now_ms))
            is_old = now_ms - last_ms >= DISTRUST_MS
            self._strikes[source, token] = (1 if is_old else strikes + 1, now_ms)
            while len(self._strikes) > _SIZE:
                self._strikes.popitem(last=False)

    def forgive(self, source: str, token: str) -> None:
        """The source agreed with another."""
        with self._lock:
            strikes, _ = self._strikes.get((source, token), (0, 0))
            if strikes < STRIKES:
                self._strikes.pop((source, token), None)
