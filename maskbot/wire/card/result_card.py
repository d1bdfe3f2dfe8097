"""The layout of giveaway, red packet and broadcast cards, from the same kit as price cards. The drawing is in `result.svg`."""

from __future__ import annotations

from dataclasses import dataclass

from maskbot.domain.card import Look
from maskbot.wire.card.alt_text import bounded
from maskbot.wire.card.colours import Colours, colours_of
from maskbot.wire.card.drawing import Drawing
from maskbot.wire.card.metrics import Metrics
from maskbot.wire.card.results import ResultWords
from maskbot.wire.card.spans import Line, Span, fitted, shortened, spans_of
from maskbot.wire.card.svg import render_svg

LEFT, RIGHT = 48.0, 1152.0
_TILE_WIDTH = 358.6
_TILE_GAP = 14.0
_DISCS = {"gift": ("#A478F0", "#6B3FC9"), "packet": ("#F0605A", "#B9252B"), "lock": ("#4DA3FF", "#1459B8")}


@dataclass(frozen=True, slots=True)
class RowBox:
    """A row of the list in pixels: its line, and the sign before it."""

    x: float
    y: float
    line: Line
    is_done: bool | None


def draw_result_card(words: ResultWords, *, look: Look, metrics: Metrics) -> Drawing:
    """The card as SVG, and its alt text."""
    colours = colours_of(look)
    accent = colours.up if words.is_good else colours.down
    svg = render_svg(
        "result.svg",
        metrics=metrics,
        colours=colours,
        accent=accent,
        disc=_DISCS[words.sign],
        sign=words.sign,
        state=_state(words, accent, metrics),
        lines=[
            *_header(words, colours, metrics),
            *_headline(words, colours, metrics),
            *_footer(words, colours, metrics),
        ],
        list_title=Line(LEFT + 28, 290, 20, 600, colours.muted, spans_of(words.list_title, metrics)),
        rows=_rows(words, colours, metrics),
        share=words.share,
        panel=_panel(words, colours, metrics),
        tiles=_tiles(words, colours, metrics),
    )
    return Drawing(svg=svg, alt_text=_alt_text(words))


def _state(words: ResultWords, accent: str, metrics: Metrics) -> dict[str, object]:
    width = round(metrics.width(words.state, size=24, weight=600) + 40, 1)
    line = Line(RIGHT - width / 2, 88, 24, 600, accent, spans_of(words.state, metrics), is_centred=True)
    return {"x": RIGHT - width, "width": width, "line": line}


def _header(words: ResultWords, colours: Colours, metrics: Metrics) -> list[Line]:
    room = RIGHT - metrics.width(words.state, size=24, weight=600) - 40 - 28 - 148
    title, size = fitted(words.title, metrics, width=room, sizes=(40, 36, 32, 28), weight=700)
    subtitle, small = fitted(words.subtitle, metrics, width=room, sizes=(24, 22, 20), weight=400)
    return [
        Line(148, 77, size, 700, colours.text, title),
        Line(148, 115, small, 400, colours.muted, subtitle),
    ]


def _headline(words: ResultWords, colours: Colours, metrics: Metrics) -> list[Line]:
    beside = metrics.width(words.beside, size=28, weight=400)
    room = RIGHT - LEFT - beside - 24
    spans, size = fitted(words.headline, metrics, width=room, sizes=(72, 64, 56, 48, 40, 34), weight=700)
    width = metrics.width("".join(span.text for span in spans), size=size, weight=700)
    return [
        Line(LEFT - 2, 206, size, 700, colours.text, spans),
        Line(round(LEFT + width + 22, 1), 206, 28, 400, colours.muted, spans_of(words.beside, metrics)),
    ]


def _rows(words: ResultWords, colours: Colours, metrics: Metrics) -> list[RowBox]:
    """Two columns of three."""
    boxes = []
    for index, row in enumerate(words.rows):
        x, y = LEFT + 28 + (index // 3) * 538, 336 + (index % 3) * 46
        text = shortened(row.text, metrics, width=470, size=26, weight=600)
        line = Line(x + 38, y, 26, 600, colours.text, spans_of(text, metrics))
        boxes.append(RowBox(x, y, line, row.is_done))
    if words.more_rows:
        line = Line(
            RIGHT - 28, 290, 20, 600, colours.muted, spans_of(f"+{words.more_rows:,} more", metrics), is_right=True
        )
        boxes.append(RowBox(RIGHT, 290, line, None))
    return boxes


def _panel(words: ResultWords, colours: Colours, metrics: Metrics) -> list[Line]:
    """What stands in the panel when there is no list: how far it got, or what is to come."""
    if words.share is None:
        spans, size = fitted(words.panel, metrics, width=1000, sizes=(32, 28, 24), weight=600)
        return [Line(600, 374, size, 600, colours.muted, spans, is_centred=True)]
    percent = f"{int(words.share * 100)}%"
    width = metrics.width(percent, size=64, weight=700)
    return [
        Line(76, 352, 64, 700, colours.text, (Span(percent),)),
        Line(round(76 + width + 18, 1), 352, 28, 400, colours.muted, spans_of(words.panel, metrics)),
    ]


def _tiles(words: ResultWords, colours: Colours, metrics: Metrics) -> list[tuple[float, float, tuple[Line, Line]]]:
    tiles = []
    for index, (caption, value) in enumerate(words.tiles):
        x = round(LEFT + index * (_TILE_WIDTH + _TILE_GAP), 1)
        spans, size = fitted(value, metrics, width=_TILE_WIDTH - 36, sizes=(28, 26, 24, 22, 20, 18), weight=600)
        tiles.append(
            (
                x,
                _TILE_WIDTH,
                (
                    Line(x + 18, 534, 18, 400, colours.muted, spans_of(caption, metrics)),
                    Line(x + 18, 572, size, 600, colours.text, spans),
                ),
            )
        )
    return tiles


def _footer(words: ResultWords, colours: Colours, metrics: Metrics) -> list[Line]:
    left = shortened(words.footer, metrics, width=780, size=19, weight=400)
    lines = [
        Line(
            RIGHT, 642, 19, 400, colours.muted, (Span("maskbot · "), Span(words.kind, fill=colours.text)), is_right=True
        )
    ]
    return [*lines, Line(LEFT, 642, 19, 400, colours.muted, spans_of(left, metrics))] if left else lines


def _alt_text(words: ResultWords) -> str:
    rows = [
        row.text + {True: "", False: " (failed)", None: ""}[row.is_done if words.sign == "lock" else None]
        for row in words.rows
    ]
    sentences = [
        f"{words.kind} card: {words.title}",
        words.subtitle.replace(" · ", ", "),
        f"State: {words.state}",
        f"{words.headline} {words.beside}",
        *([f"{int(words.share * 100)}% {words.panel}"] if words.share is not None and not words.rows else []),
        *(f"{caption}: {value}" for caption, value in words.tiles),
    ]
    if rows:
        more = f" and {words.more_rows:,} more" if words.more_rows else ""
        sentences.append(f"{words.list_title}: {', '.join(rows)}{more}")
    if words.footer:
        sentences.append(words.footer)
    return bounded(sentences)
