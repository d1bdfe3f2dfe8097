"""JSON as JavaScript writes and reads it (mask-payload.md, 3.2), bounded before it is parsed (reliability.md, E6).

Writing: no spaces, non-ASCII raw, lone surrogates escaped, numbers and key order of JavaScript. Reading: 256 KiB and
32 levels at most; numbers become doubles, so no number is ever expanded.
"""

from __future__ import annotations

import json
import re

from maskbot.wire.payload.values import (
    MAX_DEPTH,
    MAX_SAFE_INTEGER,
    UNDEFINED,
    Instant,
    in_key_order,
    joined_surrogates,
    number_text,
)

MAX_BYTES = 256 * 1024
MAX_LEVELS = 32
_ESCAPED = re.compile('["\\\\\x00-\x1f\ud800-\udfff]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
# possessive: nothing to go back to is remembered, however long a string is
_NESTING = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


class NotJson(ValueError):
    """The text is no JSON."""


class TooLarge(ValueError):
    """Longer than 256 KiB or nested more than 32 levels."""


def write(value: object) -> str:
    """The text JSON.stringify gives for a value of `values.py`: NaN and infinities as null, undefined members left out.

    Raises:
        ValueError: a foreign type, or more than 100 levels.
    """
    return _written(value, 1)


def read(text: str) -> object:
    """The value of a JSON text; whole numbers a double holds exactly are int, others float.

    Raises:
        NotJson: it is no JSON; also for NaN and Infinity, which JSON lacks.
        TooLarge: beyond the bounds.
    """
    if len(text) > MAX_BYTES or (text.count("[") + text.count("{") > MAX_LEVELS and _is_too_deep(text)):
        raise TooLarge("JSON longer than 256 KiB or nested more than 32 levels")
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise NotJson("no JSON") from error


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


def _whole_number(digits: str) -> float:
    number = float(digits)
    return int(number) if abs(number) <= MAX_SAFE_INTEGER and digits != "-0" else number


_DECODER = json.JSONDecoder(parse_int=_whole_number, parse_float=float, parse_constant=_no_constant)


def _is_too_deep(text: str) -> bool:
    """True if brackets outside strings nest more than 32 levels."""
    level = 0
    for match in _NESTING.finditer(text):
        if match[0] in "[{":
            level += 1
            if level > MAX_LEVELS:
                return True
        elif match[0] in "]}":
            level -= 1
    return False


def _written(value: object, depth: int) -> str:
    if depth > MAX_DEPTH:
        raise ValueError("nested more than 100 levels")
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            spelled = number_text(value)
            return "null" if spelled[-1] in "Ny" else spelled
        case str():
            return _quoted(value)
        case bytes():
            return "{" + ",".join(f'"{index}":{byte}' for index, byte in enumerate(value)) + "}"
        case Instant():
            return "null" if value.iso_text is None else f'"{value.iso_text}"'
        case list() | tuple():
            return "[" + ",".join("null" if item is UNDEFINED else _written(item, depth + 1) for item in value) + "]"
        case dict():
            if not all(isinstance(key, str) for key in value):
                raise ValueError("the names of members are texts")
            kept = [(key, member) for key, member in in_key_order(value) if member is not UNDEFINED]
            return "{" + ",".join(f"{_quoted(key)}:{_written(member, depth + 1)}" for key, member in kept) + "}"
        case _:
            raise ValueError(f"a {type(value).__name__} has no JSON form here")


def _quoted(text: str) -> str:
    return f'"{_ESCAPED.sub(_escape, joined_surrogates(text))}"'


def _escape(match: re.Match[str]) -> str:
    return _SHORT.get(match[0]) or f"\\u{ord(match[0]):04x}"
