"""Reads one field of a JSON answer. Every reader raises Malformed for what is not there or not of its kind; numbers are Decimal.

Source: price-cards.md 5 (nulls, zeros, numbers as text).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from maskbot.adapters.market.http import number
from maskbot.domain.errors import Malformed


def mapping(value: object) -> Mapping[str, object]:
    """An object."""
    if not isinstance(value, dict):
        raise Malformed("expected an object")
    return value


def rows(value: object, *, most: int) -> list[object]:
    """A list, cut at `most`."""
    if not isinstance(value, list):
        raise Malformed("expected a list")
    return value[:most]


def text(entry: Mapping[str, object], key: str) -> str:
    """A text of 1 to 100 characters."""
    value = entry.get(key)
    if not isinstance(value, str) or not 0 < len(value) <= 100:
        raise Malformed(f"expected a short text as {key}")
    return value


def optional(entry: Mapping[str, object], key: str) -> Decimal | None:
    """A number, also one written as text; None for null and anything else."""
    value = entry.get(key)
    if isinstance(value, str):
        return number(value)
    return value if isinstance(value, Decimal) else None


def decimal(entry: Mapping[str, object], key: str) -> Decimal:
    """A number."""
    value = optional(entry, key)
    if value is None:
        raise Malformed(f"expected a number as {key}")
    return value


def positive(entry: Mapping[str, object], key: str) -> Decimal | None:
    """A number above zero, None for everything else: a cap or volume of zero is an unknown one."""
    value = optional(entry, key)
    return value if value is not None and value > 0 else None


def price(entry: Mapping[str, object], key: str) -> Decimal:
    """A price: a number above zero."""
    value = decimal(entry, key)
    if value <= 0:
        raise Malformed("a price of zero or less is a failure")
    return value


def rank(entry: Mapping[str, object], key: str) -> int | None:
    """A place counted from 1, None for everything else."""
    value = optional(entry, key)
    return int(value) if value is not None and 1 <= value < 10_000_000 else None


def seconds_ms(entry: Mapping[str, object], key: str) -> int:
    """Unix milliseconds from a field in Unix seconds."""
    value = decimal(entry, key)
    if not 0 <= value < 10**11:
        raise Malformed("expected a Unix time")
    return int(value * 1000)


def moment_ms(written: str) -> int:
    """Unix milliseconds from an ISO time with its zone."""
    try:
        moment = datetime.fromisoformat(written)
        if moment.tzinfo is None:
            raise Malformed("expected a time with its zone")
        return int(moment.timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise Malformed("expected an ISO time") from error


def rounded(price: Decimal) -> Decimal:
    """Eight significant digits: more is never drawn."""
    return price.quantize(Decimal(1).scaleb(price.adjusted() - 7)) if price else price
