"""JSON as GUN peers write and compare it, and a parser that bounds its input before it builds anything.

Source: `spec/gun-personas-backup.md` B.6 (comparison of values as JSON texts), `spec/reliability.md` E6, E7. Two
texts are compared as JavaScript strings are, by UTF-16 units; numbers are spelt as JavaScript spells doubles; a lone
surrogate is written as its escape.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TypeAlias, TypeGuard

from maskbot.wire.gun.errors import FrameMalformed

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

_EXACT_DIGITS = 15  # every integer of at most 15 digits is a double
_LONGEST_NUMBER = 400
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
# possessive, and an open string reaches to the end: linear on every input
_NO_STRUCTURE = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[^\[\]{},"]++', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what a peer may send: characters per frame, structural marks (braces, brackets, commas), depth,
    messages per frame, characters per node or key name, characters per value."""

    frame_chars: int = 1 << 19
    marks: int = 30_000
    depth: int = 8
    messages: int = 4_096
    name_chars: int = 1_024
    value_chars: int = 8_192


def parse_json(text: str, *, limits: Limits) -> Json:
    """Return the value of a JSON text whose size, fullness and depth were checked first.

    Raises:
        FrameMalformed: no JSON, or beyond the limits.
    """
    if len(text) > limits.frame_chars:
        raise FrameMalformed(f"a frame of {len(text)} characters; at most {limits.frame_chars} are read")
    _check_shape(text, limits)
    try:
        value: Json = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise FrameMalformed("a frame that is no JSON") from error
    return value


def number_text(number: float) -> str:
    """Return a finite number as JavaScript writes it: `10`, `0.1`, `1e+21`, `1e-7`, and `0` for minus zero."""
    value = float(number)
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    digits, exponent = _shortest_digits(abs(value))
    return sign + _place_point(digits, exponent)


def text_of(value: bool | float | str | None) -> str:
    """Return the JSON text of a plain value as JavaScript's serialiser writes it."""
    if isinstance(value, str):
        return _LONE_SURROGATE.sub(_escape, json.dumps(value, ensure_ascii=False))
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return number_text(value)


def is_text_after(left: str, right: str) -> bool:
    """True if `left` sorts after `right` by UTF-16 units."""
    if left.isascii() and right.isascii():
        return left > right
    return left.encode("utf-16-be", "surrogatepass") > right.encode("utf-16-be", "surrogatepass")


def _check_shape(text: str, limits: Limits) -> None:
    shape = _NO_STRUCTURE.sub("", text)
    if len(shape) > 2 * limits.marks:  # an opener comes with its closer, so this bounds the parts
        raise FrameMalformed(f"a frame of more than {limits.marks} parts")
    shape = shape.replace(",", "")
    for _ in range(limits.depth):
        shape = shape.replace("{}", "").replace("[]", "")
    if shape:
        raise FrameMalformed(f"a frame that is no JSON, or deeper than {limits.depth} levels")


def _read_integer(text: str) -> int | float:
    if len(text) <= _EXACT_DIGITS:
        return int(text)
    return _read_float(text)


def _read_float(text: str) -> float:
    if len(text) > _LONGEST_NUMBER:
        raise ValueError("a number of too many digits")
    return float(text)


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is no JSON")


_DECODER = json.JSONDecoder(parse_int=_read_integer, parse_float=_read_float, parse_constant=_refuse_constant)


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"


def _shortest_digits(value: float) -> tuple[str, int]:
    """Digits d and n with value = 0.d * 10^n; Python and JavaScript both take the shortest digits that read back."""
    mantissa, _, exponent = f"{value!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = whole + fraction
    point = len(whole) + (int(exponent) if exponent else 0)
    stripped = digits.lstrip("0")
    point -= len(digits) - len(stripped)
    return stripped.rstrip("0"), point


def _place_point(digits: str, point: int) -> str:
    """The layout rules of ECMAScript's Number::toString for radix 10."""
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    exponent = point - 1
    head = digits if count == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{head}e{'+' if exponent > 0 else '-'}{abs(exponent)}"


def is_finite_number(value: object) -> TypeGuard[int | float]:
    """True for an int or float that is finite; a boolean is no number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
