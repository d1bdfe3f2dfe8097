"""Bars as candles: what is no bar is left out, days are whole, and never more than can be drawn."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.adapters.market.candles import by_day, course_of, opened_at, read_bars
from maskbot.domain.card import MOST_CANDLES, Candle
from maskbot.domain.errors import Malformed

MS = Decimal("0.001")
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=3)
JUNK = st.one_of(NUMBERS, st.none(), st.text(max_size=3), st.booleans(), st.lists(NUMBERS, max_size=2))


def row(at_s: int, *prices: str) -> list[Decimal]:
    return [Decimal(at_s) * 1000, *map(Decimal, prices)]


def bars(count: int, *, step_s: int = 1_800, start_s: int = 0) -> tuple[Candle, ...]:
    one = Decimal(1)
    return tuple(
        Candle(start_s + index * step_s, one + index, one + index + 2, one, one + index + 1) for index in range(count)
    )


def test_bars_come_in_order_of_time_whatever_the_order_of_the_rows() -> None:
    found = read_bars([row(3_600, "2", "3", "1", "2"), row(1_800, "1", "3", "1", "2")], unit_s=MS)
    assert [bar.at_s for bar in found] == [1_800, 3_600]
    assert opened_at(found)[0].at_s == 0


@pytest.mark.parametrize(
    "wrong",
    [
        [Decimal(1), None, Decimal(2), Decimal(1), Decimal(2)],
        [Decimal(1), Decimal(0), Decimal(2), Decimal(0), Decimal(2)],
        [Decimal(1), Decimal(-1), Decimal(2), Decimal(-1), Decimal(2)],
        [Decimal(1), Decimal(1), Decimal(2), Decimal(3), Decimal(2)],
        [Decimal(-(10**15)), Decimal(1), Decimal(2), Decimal(1), Decimal(2)],
        [Decimal(10**30), Decimal(1), Decimal(2), Decimal(1), Decimal(2)],
        [Decimal(1), Decimal(1)],
        "bar",
        None,
    ],
)
def test_what_is_no_bar_is_left_out(wrong: object) -> None:
    assert [bar.at_s for bar in read_bars([wrong, row(1_800, "1", "3", "1", "2")], unit_s=MS)] == [1_800]


def test_no_rows_are_malformed() -> None:
    with pytest.raises(Malformed):
        read_bars({"error": "no"}, unit_s=MS)


@given(st.lists(st.one_of(JUNK, st.lists(JUNK, max_size=7)), max_size=20))
def test_any_rows_give_sound_bars_or_none(rows: list[object]) -> None:
    found = read_bars(rows, unit_s=MS)
    assert list(found) == sorted(found, key=lambda bar: bar.at_s)
    course_of(by_day(opened_at(found)))


def test_days_hold_their_first_open_last_close_and_extremes_and_a_cut_first_day_is_left_out() -> None:
    days = by_day(bars(14, step_s=14_400, start_s=86_400 - 2 * 14_400))
    assert [day.at_s for day in days] == [86_400, 172_800]
    whole = days[0]
    assert (whole.open, whole.close, whole.low, whole.high) == (Decimal(3), Decimal(9), Decimal(1), Decimal(10))


def test_a_course_is_at_most_what_a_card_holds_and_starts_where_its_first_bar_opens() -> None:
    course = course_of(bars(200))
    assert len(course.candles) == MOST_CANDLES
    assert course.series[0].price == course.candles[0].open
    assert course.series[-1].price == course.candles[-1].close
    assert course_of(bars(1)).series == ()
