"""The values that metadata and unknown messages may hold, with JavaScript's habits where they reach the wire.

A value is None, bool, int, float, str, bytes, `Instant`, `UNDEFINED`, a list of values or a dict from str to values. Numbers
mean JavaScript numbers (doubles): 1 and 1.0 are one value. Strings may hold lone surrogates. Sources: mask-payload.md,
sections 3.1 and 3.2; ECMA-262, Number::toString, OrdinaryOwnPropertyKeys and Date.prototype.toISOString.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final, TypeGuard

MAX_SAFE_INTEGER = 2**53 - 1
MAX_DEPTH = 100
_NUMBERS = (int, float)
_MAX_DATE_MS = 8_640_000_000_000_000
_DAYS_PER_400_YEARS = 146_097
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SURROGATE = re.compile("[\ud800-\udfff]")


class Undefined(Enum):
    """JavaScript's `undefined`, which is not null."""

    UNDEFINED = "undefined"


UNDEFINED: Final = Undefined.UNDEFINED


@dataclass(frozen=True, slots=True)
class Instant:
    """A JavaScript Date: whole milliseconds since 1970 UTC, or None for an invalid date."""

    epoch_ms: int | None

    def __post_init__(self) -> None:
        if self.epoch_ms is not None and abs(self.epoch_ms) > _MAX_DATE_MS:
            object.__setattr__(self, "epoch_ms", None)

    @property
    def iso_text(self) -> str | None:
        """Such as `2023-11-14T22:13:20.000Z`; years outside 0 to 9999 have a sign and six digits."""
        if self.epoch_ms is None:
            return None
        days, ms = divmod(self.epoch_ms, 86_400_000)
        cycles, day = divmod(days, _DAYS_PER_400_YEARS)
        moment = _EPOCH + timedelta(days=day, milliseconds=ms)
        year = moment.year + 400 * cycles
        written = f"{year:04d}" if 0 <= year <= 9999 else f"{'-' if year < 0 else '+'}{abs(year):06d}"
        return f"{written}-{moment:%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"


def number_text(number: float) -> str:
    """A number as JavaScript spells it: `1e+21`, `1e-7`, `100000000000000000000`; negative zero is `0`."""
    value = float(as_number(number))
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    point = len(whole) + int(exponent or 0)
    digits = (whole + fraction).lstrip("0")
    point -= len(whole + fraction) - len(digits)
    digits = digits.rstrip("0")
    return sign + _placed(digits, point)


def _placed(digits: str, point: int) -> str:
    """Digits with the decimal point after `point` of them, in JavaScript's choice of notation."""
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    mantissa = digits if count == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{mantissa}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def is_number(value: object) -> TypeGuard[float]:
    """True for what JavaScript calls a number; Python's booleans are none."""
    return isinstance(value, _NUMBERS) and type(value) is not bool


def as_number(value: float) -> float:
    """The double a whole number becomes in JavaScript; numbers it keeps exactly stay whole. Infinity if out of range."""
    if isinstance(value, int) and not -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
        try:
            return float(value)
        except OverflowError:
            return float("inf") if value > 0 else float("-inf")
    return value


def in_key_order(mapping: Mapping[str, object]) -> list[tuple[str, object]]:
    """Members in JavaScript's order: canonical array indices ascending, then the rest as inserted."""
    indices = [key for key in mapping if _is_index(key)]
    if not indices:
        return list(mapping.items())
    indices.sort(key=int)
    chosen = set(indices)
    return [(key, mapping[key]) for key in indices] + [item for item in mapping.items() if item[0] not in chosen]


def _is_index(key: str) -> bool:
    if not key or len(key) > 10 or not "0" <= key[0] <= "9" or not (key.isascii() and key.isdigit()):
        return False
    return (key[0] != "0" or len(key) == 1) and int(key) <= 4_294_967_294


def joined_surrogates(text: str) -> str:
    """The same JavaScript string with every surrogate pair as one code point; lone surrogates stay."""
    if _SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def well_formed(text: str) -> str:
    """The same string with U+FFFD for every lone surrogate, as JavaScript's UTF-8 encoder reads it."""
    return _SURROGATE.sub("\ufffd", joined_surrogates(text))
