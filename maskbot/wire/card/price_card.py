"""The layout of a price card: every place and size in pixels, from words, chart and colours. The drawing is in `price.svg`.

1200 x 675 with margins of 48 (price-cards.md 8.1). Nothing is below 18 px; what does not fit gets smaller first and is cut last.
"""

from __future__ import annotations

from dataclasses import dataclass

from maskbot.domain.card import Look, PriceCardFacts
from maskbot.wire.card.alt_text import price_alt_text
from maskbot.wire.card.chart import Box, Chart, candle_chart, grid_prices, line_chart, price_range
from maskbot.wire.card.colours import Colours, colours_of, disc_of
from maskbot.wire.card.drawing import Drawing
from maskbot.wire.card.metrics import Metrics
from maskbot.wire.card.numbers import axis_labels, lowered
from maskbot.wire.card.price_words import Pill, PriceWords, Tile, price_words
from maskbot.wire.card.spans import Line, Span, fitted, shortened, spans_of, width_of
from maskbot.wire.card.svg import render_svg

LEFT, RIGHT = 48.0, 1152.0
_CHART_TOP, _CHART_BOTTOM = 236.0, 452.0
_AXIS_SIZE = 19.0
_TILE_GAP = 14.0


@dataclass(frozen=True, slots=True)
class PillBox:
    """A pill in pixels, with its colour; the arrow is left out for no change."""

    x: float
    width: float
    fill: str
    direction: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class TileBox:
    """A tile in pixels; `marker` is where on its bar the price stands, in pixels."""

    x: float
    width: float
    lines: tuple[Line, ...]
    marker: float | None


@dataclass(frozen=True, slots=True)
class BadgeBox:
    """The warning badge in pixels."""

    x: float
    width: float
    line: Line


def draw_price_card(facts: PriceCardFacts, *, look: Look, metrics: Metrics) -> Drawing:
    """The card as SVG, and its alt text."""
    colours = colours_of(look)
    chart, labels = _chart(facts, metrics)
    words = price_words(facts, chart=chart)
    is_up = chart.is_up if chart else words.pills[1].direction >= 0
    badge = _badge(words, colours, metrics)
    tiles = _tiles(words.tiles, colours, metrics)
    sign, disc_top, disc_bottom = disc_of(words.symbol, seed=facts.address or facts.symbol, is_known=facts.is_known)
    svg = render_svg(
        "price.svg",
        metrics=metrics,
        colours=colours,
        accent=colours.up if is_up else colours.down,
        disc=(disc_top, disc_bottom),
        sign=Line(88, 94, 40, 700, "#FFFFFF", spans_of(sign, metrics), is_centred=True),
        lines=[*_header(words, badge, colours, metrics), *_footer(words, colours, metrics)],
        pills=(pills := _price_row(words, colours, metrics))[1],
        price=pills[0],
        badge=badge,
        chart=chart,
        axis=_axis(chart, labels, colours, metrics) if chart else [],
        tag=_tag(chart, labels, colours, metrics) if chart else None,
        tiles=tiles,
    )
    return Drawing(svg=svg, alt_text=price_alt_text(facts, words))


def _chart(facts: PriceCardFacts, metrics: Metrics) -> tuple[Chart | None, list[str]]:
    """The chart as wide as the labels of its prices leave room for; the labels: grid lines, then the last price."""
    candles = facts.candles if len(facts.candles) > 1 else ()
    prices = price_range(facts.series, candles)
    if not prices:
        return None, []
    last = candles[-1].close if candles else facts.series[-1].price
    labels = axis_labels([*grid_prices(prices), last], vs=facts.vs)
    widest = max(width_of(lowered(label), metrics, size=_AXIS_SIZE, weight=600) for label in labels)
    box = Box(LEFT, round(min(1062.0, RIGHT - widest - 24), 1), _CHART_TOP, _CHART_BOTTOM)
    return (candle_chart(candles, box=box) if candles else line_chart(facts.series, box=box)), labels


def _header(words: PriceWords, badge: BadgeBox | None, colours: Colours, metrics: Metrics) -> list[Line]:
    window = Line(RIGHT, 77, 24, 600, colours.muted, spans_of(words.window, metrics), is_right=True)
    room = RIGHT - width_of(window.spans, metrics, size=24, weight=600) - 28 - 148
    name, size = fitted(words.name, metrics, width=room, sizes=(40, 36, 32, 28), weight=700)
    under = (badge.x if badge else RIGHT) - 28 - 148
    subtitle, small = fitted(words.subtitle, metrics, width=under, sizes=(24, 22, 20), weight=400)
    return [
        Line(148, 77, size, 700, colours.text, name),
        Line(148, 115, small, 400, colours.muted, subtitle),
        window,
    ]


def _badge(words: PriceWords, colours: Colours, metrics: Metrics) -> BadgeBox | None:
    if words.badge is None:
        return None
    text = shortened(words.badge, metrics, width=420, size=20, weight=600)
    width = round(metrics.width(text, size=20, weight=600) + 16 + 26 + 16, 1)
    x = RIGHT - width
    return BadgeBox(x, width, Line(x + 42, 119, 20, 600, colours.warning, spans_of(text, metrics)))


def _price_row(words: PriceWords, colours: Colours, metrics: Metrics) -> tuple[Line, list[PillBox]]:
    """The price as large as the pills beside it allow, and the pills."""
    widths = [_pill_width(pill, metrics) for pill in words.pills]
    room = RIGHT - LEFT - 30 - sum(widths) - 14 * (len(widths) - 1)
    spans = lowered(words.price)
    size = 72.0
    while size > 30 and width_of(spans, metrics, size=size, weight=700) > room:
        size -= 2
    x = LEFT + width_of(spans, metrics, size=size, weight=700) + 30
    boxes = []
    for pill, width in zip(words.pills, widths, strict=True):
        boxes.append(_pill_box(pill, round(x, 1), width, colours, metrics))
        x += width + 14
    return Line(LEFT - 2, 202, size, 700, colours.text, spans), boxes


def _pill_width(pill: Pill, metrics: Metrics) -> float:
    arrow = 26.0 if pill.direction else 0.0
    text = metrics.width(pill.text, size=28, weight=600)
    return round(18 + arrow + text + 10 + metrics.width(pill.window, size=22, weight=400) + 18, 1)


def _pill_box(pill: Pill, x: float, width: float, colours: Colours, metrics: Metrics) -> PillBox:
    fill = {1: colours.up, -1: colours.down}.get(pill.direction, colours.muted)
    start = round(x + 18 + (26 if pill.direction else 0), 1)
    after = round(start + metrics.width(pill.text, size=28, weight=600) + 10, 1)
    return PillBox(
        x,
        width,
        fill,
        pill.direction,
        (
            Line(start, 188, 28, 600, fill, (Span(pill.text),)),
            Line(after, 187, 22, 400, colours.muted, spans_of(pill.window, metrics)),
        ),
    )


def _axis(chart: Chart, labels: list[str], colours: Colours, metrics: Metrics) -> list[Line]:
    """Prices at the right, moments below; a price under the tag of the last one is left out."""
    lines = [
        Line(RIGHT, y + 6.5, _AXIS_SIZE, 400, colours.muted, lowered(label), is_right=True)
        for (y, _), label in zip(chart.grid, labels, strict=False)
        if abs(y - chart.last[1]) > 29
    ]
    lines += [
        Line(each.x, 482, 18, 400, colours.muted, spans_of(each.text, metrics), is_centred=True) for each in chart.times
    ]
    return lines


def _tag(chart: Chart, labels: list[str], colours: Colours, metrics: Metrics) -> dict[str, object]:
    """The last price at the axis, on a ground of the chart's colour."""
    spans = lowered(labels[-1])
    width = round(width_of(spans, metrics, size=_AXIS_SIZE, weight=600) + 20, 1)
    line = Line(RIGHT, chart.last[1] + 6.5, _AXIS_SIZE, 600, colours.ground, spans, is_right=True)
    return {"x": round(RIGHT + 10 - width, 1), "y": chart.last[1] - 16, "width": width, "line": line}


def _tiles(tiles: tuple[Tile, ...], colours: Colours, metrics: Metrics) -> list[TileBox]:
    """The tiles over the whole width, each as wide as its weight."""
    room = RIGHT - LEFT - _TILE_GAP * (len(tiles) - 1)
    total = sum(tile.weight for tile in tiles)
    boxes, x = [], LEFT
    for tile in tiles:
        width = round(room * tile.weight / total, 1)
        inner = width - 36
        caption = spans_of(shortened(tile.caption, metrics, width=inner, size=18, weight=400), metrics)
        size = 28.0
        while size > 18 and width_of(lowered(tile.value), metrics, size=size, weight=600) > inner:
            size -= 1
        value = lowered(tile.value)
        if width_of(value, metrics, size=size, weight=600) > inner:
            value = spans_of(shortened(tile.value, metrics, width=inner, size=size, weight=600), metrics)
        elif not tile.value.isascii() and not any(span.is_lowered for span in value):
            value = spans_of(tile.value, metrics)
        marker = None if tile.marker is None else round(x + 18 + inner * tile.marker, 1)
        lines = (
            Line(round(x + 18, 1), 530, 18, 400, colours.muted, caption),
            Line(round(x + 18, 1), 567, size, 600, colours.text, value),
        )
        boxes.append(TileBox(round(x, 1), width, lines, marker))
        x += width + _TILE_GAP
    return boxes


def _footer(words: PriceWords, colours: Colours, metrics: Metrics) -> list[Line]:
    right = (*spans_of(f"{words.source} · ", metrics), Span(words.as_of, fill=colours.text))
    room = RIGHT - LEFT - width_of(right, metrics, size=19, weight=400) - 40
    left: tuple[Span, ...] = ()
    if words.exchanges:
        names = words.exchanges
        while names and not left:
            more = f" {words.more_exchanges}" if words.more_exchanges else ""
            spans = (
                Span("Listed on "),
                *spans_of(" · ".join(names), metrics, fill=colours.text),
                *((Span(more),) if more else ()),
            )
            if width_of(spans, metrics, size=19, weight=400) <= room or len(names) == 1:
                left = spans
            names = names[:-1]
    elif words.contract:
        left = (Span("Contract "), Span(words.contract, fill=colours.text))
        if width_of(left, metrics, size=19, weight=400) > room:
            left = (Span(words.contract, fill=colours.text),)
    lines = [Line(RIGHT, 642, 19, 400, colours.muted, right, is_right=True)]
    return [*lines, Line(LEFT, 642, 19, 400, colours.muted, left)] if left else lines
