"""Which sources are left alone for a while, and how often each may be asked.

Source: price-cards.md 2 (free limits), 5 (what a refusal means), 6 (three failures open the breaker for 60 s).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from maskbot.domain.errors import Unavailable

FAILURES_TO_OPEN = 3
OPEN_S = 60.0
LONGEST_PAUSE_S = 900.0


class BreakerOpen(Unavailable):
    """The source has just failed or asked for a pause; it was not asked."""

    kind = "BreakerOpen"


class BudgetSpent(Unavailable):
    """The source was asked as often as our key or its free limit allows; it was not asked."""

    kind = "BudgetSpent"


class Breaker:
    """Sources that are left alone: after three failures in a row, or as long as they asked for. Safe to share between threads."""

    def __init__(self, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._monotonic_s = monotonic_s
        self._failures: dict[str, int] = {}
        self._open_until_s: dict[str, float] = {}
        self._lock = Lock()

    def check(self, source: str) -> None:
        """Raises BreakerOpen while the source is left alone."""
        with self._lock:
            left_s = self._open_until_s.get(source, 0.0) - self._monotonic_s()
        if left_s > 0:
            raise BreakerOpen(f"{source} is left alone for {left_s:.0f} s", retry_after_s=left_s)

    def succeed(self, source: str) -> None:
        """A good answer came."""
        with self._lock:
            self._failures.pop(source, None)

    def fail(self, source: str, *, pause_s: float | None = None) -> None:
        """No good answer came; `pause_s` is what the source asked for."""
        with self._lock:
            self._failures[source] = self._failures.get(source, 0) + 1
            if pause_s is not None:
                self._open_until_s[source] = self._monotonic_s() + min(max(pause_s, 1.0), LONGEST_PAUSE_S)
            elif self._failures[source] >= FAILURES_TO_OPEN:
                self._open_until_s[source] = self._monotonic_s() + OPEN_S
                self._failures[source] = 0


@dataclass(frozen=True, slots=True)
class Limit:
    """What a source allows: calls in a minute, and calls in 30 days (None: no monthly limit)."""

    per_minute: int
    per_month: int | None = None


LIMITS = {
    "CoinGecko": Limit(30, 10_000),
    "CoinMarketCap": Limit(30, 15_000),
    "GeckoTerminal": Limit(30),
    "DefiLlama": Limit(300),
    "Coinbase": Limit(300),
}
"""The lower of the published figures (price-cards.md 2); the two last publish none, so these are manners."""


class Budget:
    """Counts the calls of each source. `count` adds one to a named counter that lives so many seconds, and returns its value; it
    may count for several processes."""

    def __init__(self, *, count: Callable[[str, int], int], now_s: Callable[[], int]) -> None:
        self._count = count
        self._now_s = now_s

    def spend(self, source: str) -> None:
        """Count one call. Raises BudgetSpent when it would be one too many."""
        limit = LIMITS.get(source)
        if limit is None:
            return
        now_s = self._now_s()
        if self._count(f"calls/{source}/minute/{now_s // 60}", 120) > limit.per_minute:
            raise BudgetSpent(f"{source} was asked {limit.per_minute} times this minute", retry_after_s=60 - now_s % 60)
        month_s = 30 * 86_400
        if limit.per_month is None:
            return
        if self._count(f"calls/{source}/month/{now_s // month_s}", month_s + 3_600) > limit.per_month:
            raise BudgetSpent(f"{source} was asked {limit.per_month} times this month", retry_after_s=3_600.0)
