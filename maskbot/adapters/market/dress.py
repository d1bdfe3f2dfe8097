"""What a card shows beside the price: the course of the asked window, and the exchanges. Nice to have; its absence fails nothing.

Source: price-cards.md 3 (granularity and times to live), 8.1 (exchanges).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TypeVar, cast

from maskbot.adapters.market.cache import Cache
from maskbot.adapters.market.candles import WINDOWS, Course, by_day, course_of
from maskbot.adapters.market.coingecko import CoinGecko, Listing
from maskbot.adapters.market.flight import Flights
from maskbot.adapters.market.geckoterminal import GeckoTerminal
from maskbot.adapters.market.quotes import Details, Token
from maskbot.domain.card import Candle, Point
from maskbot.domain.errors import Malformed, Unavailable

SERIES_TTL_S = 600.0
LISTING_TTL_S = 6 * 3_600.0
STALE_S = 1_800.0
NEGATIVE_TTL_S = 300.0
_DAYS = {
    "1h": "1",
    "24h": "1",
    "7d": "7",
    "14d": "14",
    "30d": "30",
    "90d": "90",
    "180d": "180",
    "1y": "365",
    "max": "max",
}
_HOUR_S = 3_600
_BARS = {"1h": ("hour", 2), "24h": ("hour", 25), "7d": ("hour", 168), "14d": ("hour", 336), "30d": ("day", 30)}
_POINTS = tuple[Point, ...]
_CANDLES = tuple[Candle, ...]
_Kept = TypeVar("_Kept")


class Dresser:
    """Fetches series and listings, remembered for ten minutes and six hours. Safe to share between threads."""

    def __init__(
        self, *, coingecko: CoinGecko, terminal: GeckoTerminal | None, cache: Cache, now_ms: Callable[[], int]
    ) -> None:
        self._coingecko = coingecko
        self._terminal = terminal
        self._cache = cache
        self._now_ms = now_ms
        self._flights: Flights[object] = Flights()

    def course(self, token: Token, *, vs: str, window: str) -> Course:
        """How the price went over the window: candles where bars help and the source gives them, else a line; nothing when nobody
        gives it."""
        if not token.id or window not in _DAYS:
            return Course()
        if window in WINDOWS:
            bars = self._bars(token, vs=vs, days=WINDOWS[window])
            course = course_of(by_day(bars) if window == "30d" else bars)
            if course.candles:
                return course
        nothing: tuple[Point, ...] = ()
        points = self._kept(
            f"series/{token.id}/{vs}/{_DAYS[window]}",
            _POINTS,
            lambda: self._coingecko.chart(token.id, vs=vs, days=_DAYS[window]),
            empty=nothing,
            ttl_s=SERIES_TTL_S,
        )
        return Course(last_hour(points) if window == "1h" else points)

    def pool_course(self, token: Token, *, pool: str, window: str) -> Course:
        """How the price went in one pool, in US dollars: its own bars; nothing when nobody gives it."""
        terminal, address = self._terminal, token.address
        if terminal is None or address is None:
            return Course()
        unit, limit = _BARS.get(window, ("day", 180))
        nothing: tuple[Candle, ...] = ()
        bars = self._kept(
            f"bars/{pool}/{unit}/{limit}",
            _CANDLES,
            lambda: terminal.bars(pool, address=address, unit=unit, limit=limit),
            empty=nothing,
            ttl_s=SERIES_TTL_S,
        )
        return course_of(bars) if window in WINDOWS else Course(tuple(Point(bar.at_s, bar.close) for bar in bars))

    def _bars(self, token: Token, *, vs: str, days: str) -> tuple[Candle, ...]:
        nothing: tuple[Candle, ...] = ()
        return self._kept(
            f"ohlc/{token.id}/{vs}/{days}",
            _CANDLES,
            lambda: self._coingecko.candles(token.id, vs=vs, days=days),
            empty=nothing,
            ttl_s=SERIES_TTL_S,
        )

    def listing(self, token: Token) -> Listing:
        """Where the token is traded; nothing when nobody says."""
        nowhere = Listing((), 0)
        if not token.id:
            return nowhere
        key = f"listing/{token.id}"
        return self._kept(key, Listing, lambda: self._coingecko.listing(token.id), empty=nowhere, ttl_s=LISTING_TTL_S)

    def _kept(self, key: str, annotation: object, fetch: Callable[[], _Kept], *, empty: _Kept, ttl_s: float) -> _Kept:
        """What is remembered or fetched; after a failure the last one, or nothing, for five minutes."""
        found: _Kept | None = self._cache.recall(key, annotation, now_ms=self._now_ms())
        if found is not None:
            return found

        def fetched() -> object:
            now_ms = self._now_ms()
            found_now, lives_s = self._cache.recall(key, annotation, now_ms=now_ms), ttl_s
            if found_now is not None:
                return found_now
            try:
                made = fetch()
            except (Malformed, Unavailable):
                late: _Kept | None = self._cache.recall_stale(key, annotation, now_ms=now_ms)
                made, lives_s = (empty if late is None else late), NEGATIVE_TTL_S
            self._cache.keep(key, made, annotation, ttl_s=lives_s, stale_s=lives_s + STALE_S, now_ms=now_ms)
            return made

        return cast("_Kept", self._flights.join(key, fetched))


def hourly(details: Details, *, last_at_ms: int) -> tuple[Point, ...]:
    """The row's own series with its times: one point an hour, the last one at the price's time."""
    last_s, count = last_at_ms // 1000, len(details.series)
    return tuple(
        Point(max(0, last_s - (count - 1 - index) * _HOUR_S), price) for index, price in enumerate(details.series)
    )


def last_hour(points: Sequence[Point]) -> tuple[Point, ...]:
    """The points of the last hour."""
    return tuple(point for point in points if points[-1].at_s - point.at_s <= _HOUR_S) if points else ()


def change_percent(points: Sequence[Point]) -> Decimal | None:
    """The change over a series; None for fewer than two points."""
    return (points[-1].price / points[0].price - 1) * 100 if len(points) > 1 else None
