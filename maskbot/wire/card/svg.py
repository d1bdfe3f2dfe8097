"""The templates of the cards: SVG files beside this one, filled by Jinja2 with automatic escaping.

Templates read no files and follow no links; what they are given are values, and every text in them is escaped.
"""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from maskbot.wire.card.metrics import Family, Metrics
from maskbot.wire.card.spans import LOWERED_BY, LOWERED_SIZE, Line, width_of


def render_svg(name: str, *, metrics: Metrics, **values: object) -> str:
    """The template of this name with the values."""
    return _template(name).render(metrics=metrics, **values)


@cache
def _template(name: str) -> Template:
    environment = Environment(
        loader=PackageLoader("maskbot.wire.card"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["pieces"] = _pieces
    environment.filters["px"] = _px
    return environment.get_template(name)


def _pieces(line: Line, metrics: Metrics) -> dict[str, object]:
    """The spans with what only drawing needs: where each starts (only with several faces: see `spans`), how far it is lowered from
    the one before, and the outline that makes the one weight of a foreign face look as bold as its line."""
    has_foreign = any(span.family is not Family.INTER for span in line.spans)
    starts = _starts(line, metrics) if has_foreign else [None] * len(line.spans)
    pieces: list[dict[str, object]] = []
    depth = 0.0
    for span, start in zip(line.spans, starts, strict=True):
        wanted = round(line.size * LOWERED_BY, 1) if span.is_lowered else 0.0
        is_bold = (span.weight or line.weight) >= 600
        piece: dict[str, object] = {
            "text": span.text,
            "x": start,
            "family": None if span.family is Family.INTER else span.family.value,
            "size": round(line.size * LOWERED_SIZE, 1) if span.is_lowered else None,
            "dy": round(wanted - depth, 1) or None,
            "fill": span.fill,
            "outline": round(line.size * 0.03, 2) if is_bold and span.family is Family.CJK else None,
        }
        piece["is_plain"] = not any(value for name, value in piece.items() if name != "text")
        pieces.append(piece)
        depth = wanted
    anchor = None if has_foreign else "end" if line.is_right else "middle" if line.is_centred else None
    return {"spans": pieces, "anchor": anchor, "x": starts[0] if has_foreign else line.x}


def _starts(line: Line, metrics: Metrics) -> list[float]:
    """The left edge of each span in pixels."""
    widths = [width_of((span,), metrics, size=line.size, weight=line.weight) for span in line.spans]
    share = 1.0 if line.is_right else 0.5 if line.is_centred else 0.0
    x = line.x - sum(widths) * share
    starts = []
    for width in widths:
        starts.append(round(x, 1))
        x += width
    return starts


def _px(number: float) -> str:
    """A coordinate without needless zeros."""
    return f"{number:.1f}".rstrip("0").rstrip(".")
