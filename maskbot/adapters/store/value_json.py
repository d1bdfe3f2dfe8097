"""Frozen dataclasses as JSON text and back, by their annotations: needs, facts, drafts, posts, key items.

Decimals are written as text, bytes as base64, enumerations by value; a member of a union of dataclasses carries its class name
under `$`. A field that is missing when read takes its default, so that rows written by an older version stay readable. The text
is pure ASCII: a NUL or a lone surrogate in a post is an escape here, and every database takes it.
"""

from __future__ import annotations

import base64
import json
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cache
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

from maskbot.domain.errors import Malformed

# One pair per annotation; the values inside are of that annotation's type, which no checker can follow here.
_Pair = tuple[Callable[[Any], Any], Callable[[Any], Any]]

_compact = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode


class DamagedRow(Malformed):
    """A stored text that is not what this version or an older one wrote."""

    kind = "DamagedRow"


def dump_value(value: object, annotation: object) -> str:
    """The JSON text of a value of this annotation; the same value always gives the same text."""
    return _compact(_pair(annotation)[0](value))


def load_value(text: str, annotation: object) -> Any:  # the caller names the type by the annotation
    """The value of this annotation that was written as `text`.

    Raises:
        DamagedRow: the text is not JSON or not of this annotation.
    """
    try:
        return _pair(annotation)[1](json.loads(text))
    except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation, RecursionError) as error:
        raise DamagedRow(f"a stored value of type {annotation} cannot be read: {type(error).__name__}") from error


def _same(value: Any) -> Any:
    return value


@cache
def _pair(annotation: Any) -> _Pair:
    if isinstance(annotation, NewType):
        return _pair(annotation.__supertype__)
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        return _union_pair(get_args(annotation))
    if origin is tuple:
        return _tuple_pair(get_args(annotation))
    if origin in (dict, Mapping):
        encode, decode = _pair(get_args(annotation)[1])
        return (
            lambda value: {key: encode(item) for key, item in value.items()},
            lambda value: {key: decode(item) for key, item in value.items()},
        )
    if annotation is Decimal:
        return str, Decimal
    if annotation is bytes:
        return lambda value: base64.b64encode(value).decode(), lambda value: base64.b64decode(value, validate=True)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return lambda value: value.value, annotation
    if is_dataclass(annotation) and isinstance(annotation, type):
        return _dataclass_pair(annotation)
    if annotation in (str, int, bool, float, type(None)):
        return _same, _same
    raise TypeError(f"no JSON form for {annotation}")


def _tuple_pair(arguments: tuple[Any, ...]) -> _Pair:
    if len(arguments) != 2 or arguments[1] is not Ellipsis:
        raise TypeError("only tuples of one kind have a JSON form")
    encode, decode = _pair(arguments[0])
    if encode is _same:
        return list, tuple
    return lambda value: [encode(item) for item in value], lambda value: tuple([decode(item) for item in value])


def _union_pair(members: tuple[Any, ...]) -> _Pair:
    some = [member for member in members if member is not type(None)]
    if len(some) == 1:
        encode, decode = _pair(some[0])
        if encode is _same:
            return _same, _same
        return (
            lambda value: None if value is None else encode(value),
            lambda value: None if value is None else decode(value),
        )
    pairs = {member.__name__: _pair(member) for member in some}
    if all(pair[0] is _same for pair in pairs.values()):
        return _same, _same

    def encode_member(value: Any) -> Any:
        name = type(value).__name__
        return {"$": name, **pairs[name][0](value)}

    return encode_member, lambda value: pairs[value["$"]][1](value)


def _dataclass_pair(annotation: type) -> _Pair:
    hints = get_type_hints(annotation)
    members = [(field.name, *_pair(hints[field.name])) for field in fields(annotation)]
    required = {f.name for f in fields(annotation) if f.default is MISSING and f.default_factory is MISSING}

    def encode(value: Any) -> dict[str, Any]:
        return {name: write(getattr(value, name)) for name, write, _ in members}

    def decode(value: Any) -> Any:
        present = {name: read(value[name]) for name, _, read in members if name in value or name in required}
        return annotation(**present)

    return encode, decode
