"""Numbers as a card draws them: those of posts (`wire/money_text`), with the zeros of tiny prices counted in a lowered digit.

Source: price-cards.md 8.3. `$0.0₅1235` stands for 0.000001235: the lowered digit counts the zeros behind the point. Alt texts
and posts spell them out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

from maskbot.wire.card.spans import Span
from maskbot.wire.money_text import amount_text, percent_text, price_text

_ZEROS = re.compile(r"0\.(0{4,})(?=[1-9])")
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "CAD": "C$", "AUD": "A$"}
_WORDS = {"USD": "US dollars", "EUR": "euros", "GBP": "pounds", "JPY": "yen", "CHF": "Swiss francs"}
_SCALES = ((Decimal(10) ** 12, "T"), (Decimal(10) ** 9, "B"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "K"))
_SPELLED = {"T": "trillion", "B": "billion", "M": "million", "K": "thousand"}
_HUGE = Decimal(10) ** 15


def price_plain(price: Decimal | None, *, vs: str, is_stablecoin: bool = False) -> str:
    """The price as text without lowered digits, `$0.000001235`. From a quadrillion on in powers of ten."""
    with _wide():
        if price is not None and price >= _HUGE:
            return amount_plain(price, vs=vs)
        return _symbol(price_text(price, vs=vs, is_stablecoin=is_stablecoin), vs)


def amount_plain(amount: Decimal | None, *, vs: str) -> str:
    """A large amount in three digits, `$413B`; in powers of ten beyond the trillions."""
    with _wide():
        if amount is not None and amount >= _HUGE:
            return _with_symbol(f"{amount:.2E}".replace("E+", "e"), vs)
        return _symbol(amount_text(amount, vs=vs), vs)


def percent_plain(percent: Decimal | None) -> str:
    """A signed change; `—` when unknown."""
    with _wide():
        return percent_text(percent)


def exact_plain(number: Decimal) -> str:
    """The number itself, grouped, without exponent: for alt texts."""
    with _wide():
        text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def lowered(text: str, *, fill: str | None = None) -> tuple[Span, ...]:
    """The text as spans; four or more zeros behind the point become one lowered count.

    >>> [(span.text, span.is_lowered) for span in lowered("$0.000001235")]
    [('$0.0', False), ('5', True), ('1235', False)]
    """
    spans: list[Span] = []
    end = 0
    for match in _ZEROS.finditer(text):
        spans.append(Span(text[end : match.start()] + "0.0", fill=fill))
        spans.append(Span(str(len(match[1])), is_lowered=True, fill=fill))
        end = match.end()
    if end < len(text):
        spans.append(Span(text[end:], fill=fill))
    return tuple(spans)


def axis_labels(prices: Sequence[Decimal], *, vs: str) -> list[str]:
    """The prices of grid lines, as short as they still differ by a twentieth of their range."""
    with _wide():
        largest, spread = max(prices), max(prices) - min(prices)
        unit, letter = next(((u, name) for u, name in _SCALES if largest >= u * 10 and u > 1000), (Decimal(1), ""))
        step = (spread or largest) / unit / 20
        places = max(0, -step.adjusted()) if step else 2
        if places == 1 and not letter:
            places = 2  # cents, as money is written
        if not spread:
            places = max(0, 3 - (largest / unit).adjusted())
        sign = _SYMBOLS.get(vs, "")
        return [sign + _grouped(price / unit, places) + letter for price in prices]


def currency_words(vs: str) -> str:
    """The currency as it is read aloud."""
    return _WORDS.get(vs, vs)


def spelled_amount(text: str) -> str:
    """A short amount as it is read aloud.

    >>> spelled_amount("$413B")
    '413 billion'
    """
    match = re.fullmatch(r"[^\d\s]*([\d.,]+)([TBMK])?(?: \S+)?", text)
    return text if match is None else match[1] + (f" {_SPELLED[match[2]]}" if match[2] else "")


def _grouped(value: Decimal, places: int) -> str:
    return f"{value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):,f}"


def _with_symbol(digits: str, vs: str) -> str:
    symbol = _SYMBOLS.get(vs)
    return f"{symbol}{digits}" if symbol else f"{digits} {vs}"


def _symbol(text: str, vs: str) -> str:
    """Canadian and Australian dollars get their sign, which posts write as a code."""
    symbol = _SYMBOLS.get(vs)
    return symbol + text.removesuffix(f" {vs}") if symbol and text.endswith(f" {vs}") else text


@contextmanager
def _wide() -> Iterator[None]:
    """Room for every digit of a bounded number, whatever context the caller works in."""
    with localcontext(Context(prec=240)):
        yield
