"""Typed messages as JSON of the vectors, with the wrappers for what JSON cannot say (conformance.md, section 1)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from maskbot.cli.conformance.fields import BadRequest
from maskbot.wire.payload import AnchorMessage, ImageMessage, Message, TextMessage, TupleMessage, UnknownMessage
from maskbot.wire.payload.values import MAX_SAFE_INTEGER, UNDEFINED, Instant

MAX_DEPTH = 200
_NUMBERS = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf"), "-0": -0.0}
_LONG_YEAR = re.compile(r"([+-][0-9]{6})-")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS_PER_400_YEARS = 146_097 * 86_400_000


def message_of(value: object, depth: int = 0) -> Message:
    """The message a JSON object describes; a type that cannot be written becomes an unknown message."""
    if not isinstance(value, dict) or not isinstance(value.get("type"), str) or depth > MAX_DEPTH:
        raise BadRequest("expected a message as an object with a type")
    meta = value.get("meta")
    if meta is not None and not isinstance(meta, dict):
        raise BadRequest("expected meta as an object")
    read = None if meta is None else {name: unwrapped(member) for name, member in meta.items()}
    match value["type"]:
        case "text":
            return TextMessage(_text(value, "content"), read)
        case "tuple":
            items = value.get("items")
            if not isinstance(items, list):
                raise BadRequest("expected items as a list")
            return TupleMessage(tuple(message_of(item, depth + 1) for item in items), read)
        case "x-anchor" | "anchor":
            category = value.get("category")
            return AnchorMessage(
                category if isinstance(category, str) else "normal", _text(value, "href"), _text(value, "content"), read
            )
        case "image":
            return ImageMessage(value.get("image"), read)
        case _:
            return UnknownMessage(unwrapped(value.get("raw")), read)


def json_of(message: Message) -> dict[str, object]:
    """The JSON object of a message."""
    meta = None if message.meta is None else {name: wrapped(member) for name, member in message.meta.items()}
    match message:
        case TextMessage(content=content):
            return {"type": "text", "content": wrapped(content), "meta": meta}
        case TupleMessage(items=items):
            return {"type": "tuple", "items": [json_of(item) for item in items], "meta": meta}
        case AnchorMessage(category=category, href=href, content=content):
            return {"type": "x-anchor", "category": category, "href": href, "content": content, "meta": meta}
        case ImageMessage(image=image):
            return {"type": "image", "image": wrapped(image), "meta": meta}
        case UnknownMessage(raw=raw):
            return {"type": "unknown", "raw": wrapped(raw), "meta": meta}


def unwrapped(value: object, depth: int = 0) -> object:
    """The value a JSON value with wrappers stands for."""
    if depth > MAX_DEPTH:
        raise BadRequest(f"expected at most {MAX_DEPTH} levels")
    if isinstance(value, list):
        return [unwrapped(item, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((name, inner),) = value.items()
        if name == "$bytes" and isinstance(inner, str):
            return _bytes(inner)
        if name == "$number" and isinstance(inner, str) and inner in _NUMBERS:
            return _NUMBERS[inner]
        if name == "$date" and (inner is None or isinstance(inner, str)):
            return _instant(inner)
        if name == "$undefined" and inner is True:
            return UNDEFINED
    return {name: unwrapped(member, depth + 1) for name, member in value.items()}


def wrapped(value: object) -> object:
    """A JSON value, with wrappers where JSON has no word."""
    match value:
        case bytes():
            return {"$bytes": value.hex()}
        case Instant():
            return {"$date": value.iso_text}
        case float():
            return _wrapped_number(value)
        case list():
            return [wrapped(item) for item in value]
        case dict():
            return {name: wrapped(member) for name, member in value.items()}
        case _:
            return {"$undefined": True} if value is UNDEFINED else value


def _wrapped_number(value: float) -> object:
    for name, number in _NUMBERS.items():
        if repr(number) == repr(value):
            return {"$number": name}
    return int(value) if value.is_integer() and abs(value) <= MAX_SAFE_INTEGER else value


def _text(value: dict[str, object], name: str) -> str:
    text = value.get(name)
    if not isinstance(text, str):
        raise BadRequest(f"expected {name} as text")
    return text


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise BadRequest("expected $bytes as hex") from None


def _instant(text: str | None) -> Instant:
    if text is None:
        return Instant(None)
    long_year = _LONG_YEAR.match(text)
    cycles = 0
    try:
        if long_year:
            cycles, year = divmod(int(long_year[1]) - 2000, 400)
            text = f"{year + 2000:04d}-{text[long_year.end() :]}"
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest("expected $date as ISO text") from None
    elapsed = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
    ms = elapsed.days * 86_400_000 + elapsed.seconds * 1000 + elapsed.microseconds // 1000
    return Instant(ms + cycles * _MS_PER_400_YEARS)
