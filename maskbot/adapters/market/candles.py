"""Bars of a source as candles, and candles as the course of a price. A bar that is no bar is left out, never mended.

Source: price-cards.md 8.1 (candles up to 60 bars: 24 h of 30 minutes, 30 d of days; a line otherwise), 5 (nulls inside arrays).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby, pairwise
from statistics import median

from maskbot.adapters.market import fields
from maskbot.domain.card import MOST_CANDLES, Candle, Point

WINDOWS = {"24h": "1", "30d": "30"}
"""Windows drawn as candles, with the days CoinGecko is asked for: it gives bars of 30 minutes for one day, of 4 hours for 30."""
_DAY_S = 86_400
_MOST_BARS = 1_000


@dataclass(frozen=True, slots=True)
class Course:
    """How a price went: `series` always, `candles` where bars are drawn. Both in order of time."""

    series: tuple[Point, ...] = ()
    candles: tuple[Candle, ...] = ()


def read_bars(answer: object, *, unit_s: Decimal) -> tuple[Candle, ...]:
    """The sound bars of `[time, open, high, low, close, ...]` rows, oldest first, with times as they are given in units of
    `unit_s` seconds. Raises Malformed when there are no rows at all."""
    bars: dict[int, Candle] = {}
    for row in fields.rows(answer, most=_MOST_BARS):
        if not isinstance(row, list) or len(row) < 5 or not all(isinstance(one, Decimal) for one in row[:5]):
            continue
        prices = [fields.rounded(one) for one in row[1:5]]
        try:
            bar = Candle(int(row[0] * unit_s), *prices)
        except (ValueError, OverflowError):
            continue
        bars[bar.at_s] = bar
    return tuple(bars[at_s] for at_s in sorted(bars))


def opened_at(bars: Sequence[Candle]) -> tuple[Candle, ...]:
    """The same bars by the time they open, where a source names them by the time they close."""
    step_s = interval_s(bars)
    return tuple(Candle(max(0, bar.at_s - step_s), bar.open, bar.high, bar.low, bar.close) for bar in bars)


def by_day(bars: Sequence[Candle]) -> tuple[Candle, ...]:
    """One bar for each UTC day; the first day only if it is there from its beginning, the last as far as it went."""
    days: list[Candle] = []
    for day, group in groupby(bars, key=lambda bar: bar.at_s // _DAY_S):
        within = list(group)
        if not days and within[0].at_s != day * _DAY_S:
            continue
        high, low = max(bar.high for bar in within), min(bar.low for bar in within)
        days.append(Candle(day * _DAY_S, within[0].open, high, low, within[-1].close))
    return tuple(days)


def course_of(bars: Sequence[Candle]) -> Course:
    """The last 60 bars, and the series of their closes behind the first one's opening. Too few bars are no course."""
    if len(bars) < 2:
        return Course()
    step_s = interval_s(bars)
    drawn = tuple(bars[-MOST_CANDLES:])
    closes = [Point(bar.at_s + step_s, bar.close) for bar in drawn]
    return Course((Point(drawn[0].at_s, drawn[0].open), *closes), drawn)


def interval_s(bars: Sequence[Candle]) -> int:
    """The usual distance between two bars in seconds, 0 for fewer than two."""
    return int(median(later.at_s - earlier.at_s for earlier, later in pairwise(bars))) if len(bars) > 1 else 0
