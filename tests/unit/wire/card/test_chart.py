"""Charts as coordinates: by time, with gaps, extremes kept."""

from __future__ import annotations

from decimal import Decimal

from maskbot.domain.card import Candle, Point
from maskbot.wire.card.chart import MOST_DRAWN, Box, candle_chart, line_chart, thinned
from maskbot.wire.card.time_axis import interval_words, time_labels

BOX = Box(48, 1062, 236, 452)
HOUR = 3600


def series(prices: list[int], *, step_s: int = HOUR) -> tuple[Point, ...]:
    """A series from midnight of 16 November 2026."""
    return tuple(Point(1_794_787_200 + index * step_s, Decimal(price)) for index, price in enumerate(prices))


def test_one_moment_is_no_chart() -> None:
    assert line_chart(series([5]), box=BOX) is None
    assert line_chart((Point(9, Decimal(1)), Point(9, Decimal(2))), box=BOX) is None


def test_a_flat_series_lies_in_the_middle() -> None:
    chart = line_chart(series([5, 5, 5]), box=BOX)
    assert chart is not None
    assert chart.last == (1062, 344)
    assert chart.is_up


def test_points_are_placed_by_time() -> None:
    points = (Point(0, Decimal(1)), Point(100, Decimal(2)), Point(400, Decimal(1)))
    chart = line_chart(points, box=Box(0, 400, 0, 100))
    assert chart is not None
    assert "100 5.4" in chart.lines[0]


def test_a_gap_in_the_data_is_a_gap_in_the_line() -> None:
    points = series(list(range(1, 100)))
    chart = line_chart(points[:40] + points[60:], box=BOX)
    assert chart is not None
    assert len(chart.lines) == 2


def test_thinning_keeps_the_ends_and_the_extremes() -> None:
    prices = [100 + (index * 7919) % 50 for index in range(5000)]
    prices[1234], prices[4321] = 1, 999
    kept = thinned(series(prices))
    assert len(kept) <= MOST_DRAWN
    assert (kept[0], kept[-1]) == (series(prices)[0], series(prices)[-1])
    assert {point.price for point in kept} >= {Decimal(1), Decimal(999)}
    assert [point.at_s for point in kept] == sorted(point.at_s for point in kept)


def test_all_of_a_chart_lies_in_its_box() -> None:
    chart = line_chart(series([3, 900, 1, 50]), box=BOX)
    assert chart is not None
    assert all(BOX.top <= height <= BOX.bottom for height, _ in chart.grid)
    assert BOX.top < chart.last[1] < BOX.bottom


def test_candles_have_bodies_and_wicks_in_order() -> None:
    candles = [
        Candle(index * HOUR, Decimal(10), Decimal(14), Decimal(8), Decimal(12 if index % 2 else 9))
        for index in range(24)
    ]
    chart = candle_chart(candles, box=BOX)
    assert chart is not None
    assert [bar.is_up for bar in chart.bars[:2]] == [False, True]
    assert all(bar.high <= bar.top <= bar.top + bar.height <= bar.low for bar in chart.bars)
    assert all(BOX.left <= bar.x - bar.width / 2 and bar.x + bar.width / 2 <= BOX.right for bar in chart.bars)


def test_moments_have_short_round_names() -> None:
    start_s = 1_794_787_200
    assert [label.text for label in time_labels(start_s, start_s + 7 * 86_400, left=0, right=1000)][:2] == [
        "Tue 17",
        "Wed 18",
    ]
    assert time_labels(start_s, start_s + 86_400, left=0, right=1000)[0].text == "03:00"
    assert {label.text for label in time_labels(start_s, start_s + 365 * 86_400, left=0, right=1000)} >= {"Jan 27"}
    for days in (0.01, 0.3, 1, 7, 30, 90, 180, 365, 2000, 20_000):
        labels = time_labels(start_s, start_s + int(days * 86_400), left=0, right=1000)
        assert 1 <= len(labels) <= 8


def test_a_usual_interval_has_a_name() -> None:
    assert interval_words(3605) == "hourly"
    assert interval_words(86_400) == "daily"
    assert interval_words(5000) is None
