"""The chart: a series or candles as coordinates, with grid lines and the labels of both axes.

Honest by construction: prices are placed by time, not by index; a gap in the data stays a gap; thinning keeps every extreme.
Source: price-cards.md 3 (at most 400 points), 8.1 (grid at 8, 50 and 92 % of the height, 6 % head room).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from statistics import median

from maskbot.domain.card import Candle, Point
from maskbot.wire.card.time_axis import TimeLabel, time_labels

MOST_DRAWN = 400
_HEAD_ROOM = Decimal("0.06")
_GRID = (Decimal("0.08"), Decimal("0.50"), Decimal("0.92"))
_GAP = 6


@dataclass(frozen=True, slots=True)
class Box:
    """Where the chart lies, in pixels."""

    left: float
    right: float
    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A candle in pixels: its middle, the tips of its wick, its body (top and height, at least 2) and its width."""

    x: float
    high: float
    low: float
    top: float
    height: float
    width: float
    is_up: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Ready coordinates: `lines` are SVG path data without gaps, `areas` the same closed at the bottom; `grid` are heights with
    their prices; `last` is the end of the series with its price; `is_up` compares the end with the start."""

    box: Box
    lines: tuple[str, ...]
    areas: tuple[str, ...]
    bars: tuple[Bar, ...]
    grid: tuple[tuple[float, Decimal], ...]
    times: tuple[TimeLabel, ...]
    first: tuple[float, float]
    last: tuple[float, float]
    is_up: bool
    interval_s: int


def grid_prices(prices: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """The prices of the three grid lines, highest first; known before the box is, since their labels decide its width."""
    low, high = _bounds(prices)
    return tuple(high - (high - low) * share for share in _GRID)


def price_range(series: Sequence[Point], candles: Sequence[Candle]) -> list[Decimal]:
    """All prices that must lie inside the chart."""
    if candles:
        return [price for candle in candles for price in (candle.low, candle.high)]
    return [point.price for point in series]


def line_chart(series: Sequence[Point], *, box: Box) -> Chart | None:
    """A line over time; None with fewer than two moments to draw."""
    if len(series) < 2 or series[-1].at_s == series[0].at_s:
        return None
    interval_s = _interval([point.at_s for point in series])
    drawn = thinned(series)
    low, high = _bounds([point.price for point in series])
    start_s, span_s = series[0].at_s, series[-1].at_s - series[0].at_s
    width = box.right - box.left
    pieces: list[list[tuple[float, float]]] = [[]]
    before_s = drawn[0].at_s
    gap_s = _GAP * max(interval_s, span_s // MOST_DRAWN)
    for point in drawn:
        if point.at_s - before_s > gap_s and pieces[-1]:
            pieces.append([])
        x = box.left + width * (point.at_s - start_s) / span_s
        pieces[-1].append((round(x, 1), _height(point.price, low=low, high=high, box=box)))
        before_s = point.at_s
    lines = tuple(_path(piece) for piece in pieces if len(piece) > 1)
    areas = tuple(f"{_path(piece)}V{box.bottom:g}H{piece[0][0]:g}Z" for piece in pieces if len(piece) > 1)
    return Chart(
        box=box,
        lines=lines,
        areas=areas,
        bars=(),
        grid=_grid(low, high, box),
        times=time_labels(start_s, series[-1].at_s, left=box.left, right=box.right),
        first=pieces[0][0],
        last=pieces[-1][-1],
        is_up=series[-1].price >= series[0].price,
        interval_s=interval_s,
    )


def candle_chart(candles: Sequence[Candle], *, box: Box) -> Chart | None:
    """Bars by their place in time; None with fewer than two."""
    if len(candles) < 2 or candles[-1].at_s == candles[0].at_s:
        return None
    interval_s = _interval([candle.at_s for candle in candles])
    low, high = _bounds(price_range((), candles))
    start_s, span_s = candles[0].at_s, candles[-1].at_s - candles[0].at_s + interval_s
    slot = (box.right - box.left) * interval_s / span_s
    width = round(min(26.0, max(3.0, slot * 0.62)), 1)
    bars = []
    for candle in candles:
        top, bottom = (
            _height(price, low=low, high=high, box=box)
            for price in (max(candle.open, candle.close), min(candle.open, candle.close))
        )
        bars.append(
            Bar(
                x=round(box.left + (box.right - box.left) * (candle.at_s - start_s) / span_s + slot / 2, 1),
                high=_height(candle.high, low=low, high=high, box=box),
                low=_height(candle.low, low=low, high=high, box=box),
                top=top,
                height=round(max(2.0, bottom - top), 1),
                width=width,
                is_up=candle.close >= candle.open,
            )
        )
    close = candles[-1].close
    return Chart(
        box=box,
        lines=(),
        areas=(),
        bars=tuple(bars),
        grid=_grid(low, high, box),
        times=time_labels(start_s, start_s + span_s, left=box.left, right=box.right),
        first=(bars[0].x, bars[0].top),
        last=(bars[-1].x, _height(close, low=low, high=high, box=box)),
        is_up=close >= candles[0].open,
        interval_s=interval_s,
    )


def thinned(series: Sequence[Point]) -> list[Point]:
    """At most 400 points: the first, the last, and of each stretch between its lowest and its highest in their order."""
    if len(series) <= MOST_DRAWN:
        return list(series)
    stretches = MOST_DRAWN // 2 - 1
    kept = [series[0]]
    inner = series[1:-1]
    for index in range(stretches):
        stretch = inner[index * len(inner) // stretches : (index + 1) * len(inner) // stretches]
        lowest = min(stretch, key=lambda point: point.price)
        highest = max(stretch, key=lambda point: point.price)
        kept += sorted({lowest, highest}, key=lambda point: point.at_s)
    return [*kept, series[-1]]


def _bounds(prices: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    """The prices at the lower and upper edge: those drawn, with head room; a flat line lies in the middle."""
    low, high = min(prices), max(prices)
    room = (high - low) * _HEAD_ROOM or high / 100
    return max(Decimal(0), low - room), high + room


def _grid(low: Decimal, high: Decimal, box: Box) -> tuple[tuple[float, Decimal], ...]:
    return tuple(
        (round(box.top + float(share) * (box.bottom - box.top), 1), high - (high - low) * share) for share in _GRID
    )


def _height(price: Decimal, *, low: Decimal, high: Decimal, box: Box) -> float:
    return round(box.top + float((high - price) / (high - low)) * (box.bottom - box.top), 1)


def _path(points: Sequence[tuple[float, float]]) -> str:
    (x, y), *others = points
    return f"M{x:g} {y:g}L" + " ".join(f"{x:g} {y:g}" for x, y in others)


def _interval(times_s: Sequence[int]) -> int:
    """The usual distance between two moments, at least a second."""
    gaps = [later - earlier for earlier, later in pairwise(times_s) if later > earlier]
    return max(1, round(median(gaps))) if gaps else 1
