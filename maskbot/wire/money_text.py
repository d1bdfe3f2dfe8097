"""Numbers of money as text for posts: prices, caps, percents. All Decimal; never a zero for something unknown.

Source: price-cards.md 8.3. The subscript form for tiny prices belongs to pictures; posts spell every zero out.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

UNKNOWN = "—"
_WIDE = Context(prec=100, rounding=ROUND_HALF_UP)
"""Room for every number that a feed may say (exponent −40 to 30, 40 characters)."""
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}
_SCALES = ((Decimal(10) ** 12, "T"), (Decimal(10) ** 9, "B"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "K"))


def price_text(price: Decimal | None, *, vs: str, is_stablecoin: bool = False) -> str:
    """The price with its currency: `$3,425.02`, `$0.0001235`, `1,234 JPY`; `—` for None.

    >>> price_text(Decimal("0.0000999999"), vs="USD")
    '$0.0001'
    """
    if price is None:
        return UNKNOWN
    return _with_currency(_price_digits(price, vs=vs, is_stablecoin=is_stablecoin), vs)


def amount_text(amount: Decimal | None, *, vs: str) -> str:
    """A large amount in three significant digits: `$413B`, `$1.23M`; `—` for None.

    >>> amount_text(Decimal("999995000"), vs="USD")
    '$1.00B'
    """
    if amount is None:
        return UNKNOWN
    for scale, letter in _SCALES:
        if _significant(amount, 3) >= scale:
            return _with_currency(_three_digits(_significant(amount / scale, 3)) + letter, vs)
    return _with_currency(_three_digits(_significant(amount, 3)), vs)


def percent_text(percent: Decimal | None) -> str:
    """A signed change: `+2.41%`, `−3.46%` (U+2212), `0.00%` below half a hundredth; `—` for None.

    >>> percent_text(Decimal("-3.456"))
    '−3.46%'
    """
    if percent is None:
        return UNKNOWN
    size = abs(percent)
    if size < Decimal("0.005"):
        return "0.00%"
    places = 2 if size < 100 else 1 if size < 1000 else 0
    digits = f"{size.quantize(Decimal(1).scaleb(-places), context=_WIDE):,}"
    return f"{'+' if percent > 0 else '−'}{digits}%"


def _price_digits(price: Decimal, *, vs: str, is_stablecoin: bool) -> str:
    if is_stablecoin:
        return f"{price.quantize(Decimal('0.0001'), context=_WIDE):,}"
    if vs in {"JPY", "KRW"} and price >= 100:
        return f"{price.quantize(Decimal(1), context=_WIDE):,}"
    if price >= 1:
        return f"{price.quantize(Decimal('0.01'), context=_WIDE):,}"
    whole, _, decimals = format(_significant(price, 4), "f").partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


def _significant(value: Decimal, digits: int) -> Decimal:
    if value == 0:
        return value
    return value.quantize(Decimal(1).scaleb(value.adjusted() - digits + 1), context=_WIDE)


def _three_digits(value: Decimal) -> str:
    places = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value.quantize(Decimal(1).scaleb(-places), context=_WIDE)}"


def _with_currency(digits: str, vs: str) -> str:
    symbol = _SYMBOLS.get(vs)
    return f"{symbol}{digits}" if symbol else f"{digits} {vs}"
