"""The templates of the cards: SVG files beside this one, filled by Jinja2 with automatic escaping.

Templates read no files and follow no links; what they are given are values, and every text in them is escaped.
"""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from maskbot.wire.card.metrics import Family
from maskbot.wire.card.spans import LOWERED_BY, LOWERED_SIZE, Line


def render_svg(name: str, **values: object) -> str:
    """The template of this name with the values."""
    return _template(name).render(**values)


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


def _pieces(line: Line) -> list[dict[str, object]]:
    """The spans with what only drawing needs: how far each is lowered from the one before, and the outline that makes the one
    weight of a foreign face look as bold as the line."""
    pieces: list[dict[str, object]] = []
    depth = 0.0
    for span in line.spans:
        wanted = round(line.size * LOWERED_BY, 1) if span.is_lowered else 0.0
        is_bold = (span.weight or line.weight) >= 600
        pieces.append(
            {
                "text": span.text,
                "family": None if span.family is Family.INTER else span.family.value,
                "size": round(line.size * LOWERED_SIZE, 1) if span.is_lowered else None,
                "dy": round(wanted - depth, 1) or None,
                "fill": span.fill,
                "outline": round(line.size * 0.03, 2) if is_bold and span.family is Family.CJK else None,
                "is_plain": span.family is Family.INTER and not span.is_lowered and wanted == depth and not span.fill,
            }
        )
        depth = wanted
    return pieces


def _px(number: float) -> str:
    """A coordinate without needless zeros."""
    return f"{number:.1f}".rstrip("0").rstrip(".")
