"""Lines of text for a card: cut into spans of one face each, lowered digits included, measured, and fitted to a width.

What follows from how the renderer falls back (usvg 0.45): it stops at the first character that no face has; it sets a whole piece
in the fallback face when that has all of it; and it loses text behind a joined pictograph. So each run of Chinese, Japanese or
Korean, of Arabic and of pictographs is a piece of its own with its face named and its place given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from maskbot.wire.card.metrics import Family, Metrics

LOWERED_SIZE = 0.58
"""A lowered digit against its line (price-cards.md 8.3: at least 0.55)."""
LOWERED_BY = 0.16
MISSING = "□"
"""Drawn for a character that no installed face has."""


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line in one face. `fill` and `weight` differ from the line's when given."""

    text: str
    family: Family = Family.INTER
    is_lowered: bool = False
    fill: str | None = None
    weight: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of spans at a place, in pixels; `y` is the baseline, `x` the left edge or, with `is_right`, the right one."""

    x: float
    y: float
    size: float
    weight: int
    fill: str
    spans: tuple[Span, ...]
    is_right: bool = False
    is_centred: bool = False


def spans_of(text: str, metrics: Metrics, *, fill: str | None = None, weight: int | None = None) -> tuple[Span, ...]:
    """The text cut where the face changes."""
    found: list[Span] = []
    length = len(text)
    for index, character in enumerate(text):
        after = text[index + 1] if index + 1 < length else ""
        family = _family(character, after, found[-1].family if found else Family.INTER, metrics)
        drawn = character if family is not None else MISSING
        family = family or Family.INTER
        if found and found[-1].family is family:
            found[-1] = replace(found[-1], text=found[-1].text + drawn)
        else:
            found.append(Span(drawn, family, fill=fill, weight=weight))
    return tuple(found)


def _family(character: str, after: str, before: Family, metrics: Metrics) -> Family | None:
    if character in "\u200d\ufe0f\u20e3" or 0x1F3FB <= ord(character) <= 0x1F3FF:
        return before
    if after == "\ufe0f" and metrics.emoji:
        return Family.EMOJI
    if character == " " and before is Family.ARABIC and after and metrics.family_of(after) is Family.ARABIC:
        return Family.ARABIC
    return metrics.family_of(character)


def width_of(spans: Sequence[Span], metrics: Metrics, *, size: float, weight: int) -> float:
    """The width of the spans in pixels."""
    return sum(
        metrics.width(span.text, size=size * (LOWERED_SIZE if span.is_lowered else 1), weight=span.weight or weight)
        for span in spans
    )


def fitted(
    text: str, metrics: Metrics, *, width: float, sizes: Sequence[float], weight: int
) -> tuple[tuple[Span, ...], float]:
    """The text in the first of the sizes (largest first) that fits, else in the last one, cut with an ellipsis."""
    for size in sizes:
        if metrics.width(text, size=size, weight=weight) <= width:
            return spans_of(text, metrics), size
    size = sizes[-1]
    return spans_of(shortened(text, metrics, width=width, size=size, weight=weight), metrics), size


def shortened(text: str, metrics: Metrics, *, width: float, size: float, weight: int) -> str:
    """The text, cut with an ellipsis where it would be wider."""
    if metrics.width(text, size=size, weight=weight) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if metrics.width(text[:middle].rstrip() + "…", size=size, weight=weight) <= width:
            low = middle
        else:
            high = middle - 1
    while 0 < low < len(text) and text[low] in "\u200d\ufe0f\u20e3":
        low -= 1
    return text[:low].rstrip(" \u200d") + "…"
