"""The table of price-cards.md 8.3, with all its test values."""

from __future__ import annotations

from decimal import Decimal

import pytest

from maskbot.wire.card.numbers import amount_plain, axis_labels, exact_plain, lowered, percent_plain, price_plain


def drawn(text: str) -> str:
    """The text with lowered digits in brackets."""
    return "".join(f"[{span.text}]" if span.is_lowered else span.text for span in lowered(text))


@pytest.mark.parametrize(
    ("price", "shown"),
    [
        ("78432.1", "$78,432.10"),
        ("3512.456", "$3,512.46"),
        ("1", "$1.00"),
        ("0.99987", "$0.9999"),
        ("0.5", "$0.50"),
        ("0.0123456", "$0.01235"),
        ("0.00123456", "$0.001235"),
        ("0.000123456", "$0.0001235"),
        ("0.0000999999", "$0.0001"),
        ("0.0000012345", "$0.0[5]1235"),
        ("1.23e-12", "$0.0[11]123"),
        ("0.000099994", "$0.0[4]9999"),
        ("0", "$0.00"),
    ],
)
def test_a_price_is_drawn_as_the_table_says(price: str, shown: str) -> None:
    assert drawn(price_plain(Decimal(price), vs="USD")) == shown


@pytest.mark.parametrize(("price", "shown"), [("0.99987", "$0.9999"), ("1", "$1.0000"), ("1.00031", "$1.0003")])
def test_a_stablecoin_has_four_decimals(price: str, shown: str) -> None:
    assert price_plain(Decimal(price), vs="USD", is_stablecoin=True) == shown


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("4.38e11", "$438B"),
        ("999995000", "$1.00B"),
        ("999400000", "$999M"),
        ("1234567", "$1.23M"),
        ("12345", "$12.3K"),
        ("999.7", "$1.00K"),
        ("12", "$12.0"),
        (None, "—"),
    ],
)
def test_an_amount_has_three_digits(amount: str | None, shown: str) -> None:
    assert amount_plain(None if amount is None else Decimal(amount), vs="USD") == shown


@pytest.mark.parametrize(
    ("percent", "shown"),
    [
        ("2.414", "+2.41%"),
        ("-0.004", "0.00%"),
        ("0", "0.00%"),
        ("-3.456", "−3.46%"),
        ("123.456", "+123.5%"),
        ("12345.6", "+12,346%"),
        (None, "—"),
    ],
)
def test_a_change_has_its_sign(percent: str | None, shown: str) -> None:
    assert percent_plain(None if percent is None else Decimal(percent)) == shown


@pytest.mark.parametrize(
    ("vs", "shown"), [("CAD", "C$1,234.50"), ("AUD", "A$1,234.50"), ("JPY", "1,235 JPY"), ("EUR", "€1,234.50")]
)
def test_a_currency_has_a_sign_only_when_that_is_unambiguous(vs: str, shown: str) -> None:
    assert price_plain(Decimal("1234.5"), vs=vs) == shown


def test_numbers_of_forty_digits_are_short() -> None:
    assert len(price_plain(Decimal("9.87654321e39"), vs="USD")) < 12
    assert drawn(price_plain(Decimal("1e-40"), vs="USD")) == "$0.0[39]1"
    assert len(amount_plain(Decimal("1e40"), vs="USD")) < 12


def test_an_exact_number_is_written_out() -> None:
    assert exact_plain(Decimal("1.23e-12")) == "0.00000000000123"
    assert exact_plain(Decimal("1234567.500")) == "1,234,567.5"


@pytest.mark.parametrize(
    ("prices", "shown"),
    [
        (("3645.9", "3518.2", "3391.1"), ["$3,646", "$3,518", "$3,391"]),
        (("1.0004", "1.0000", "0.9996"), ["$1.00040", "$1.00000", "$0.99960"]),
        (("130000000000", "120000000000"), ["$130.0B", "$120.0B"]),
        (("5", "5"), ["$5.000", "$5.000"]),
        (("10.3", "7.8"), ["$10.30", "$7.80"]),
    ],
)
def test_grid_labels_differ_but_are_short(prices: tuple[str, ...], shown: list[str]) -> None:
    assert axis_labels([Decimal(price) for price in prices], vs="USD") == shown
