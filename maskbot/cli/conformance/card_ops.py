"""`card.render`: a price card from given facts, drawn in this process (conformance.md, section 3; price-cards.md 8)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from maskbot.adapters.card_renderer.drawing_process import render_png
from maskbot.adapters.card_renderer.fonts import load_fonts
from maskbot.cli.conformance.fields import BadRequest, integer, items, mapping, optional_text, text
from maskbot.domain.card import MOST_POINTS, Look, Point, PriceCardFacts
from maskbot.wire.card import HEIGHT, WIDTH, draw_card

_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_MOST_DIGITS = 120
_STABLECOINS = frozenset({"USDT", "USDC", "DAI", "FRAX", "TUSD", "PYUSD", "USDE", "LUSD", "GUSD", "USDP", "FDUSD"})
_NEAR_ONE = (Decimal("0.9"), Decimal("1.1"))


def render(request: dict[str, object]) -> dict[str, object]:
    """Writes the PNG to `path`, and says its size, SHA-256 and alt text."""
    target = Path(text(request, "path"))
    facts = facts_of(mapping(request, "facts"))
    fonts = load_fonts()
    drawing = draw_card(facts, look=Look(), metrics=fonts.metrics)
    png = render_png(drawing.svg, fonts=list(fonts.files))
    try:
        target.write_bytes(png)
    except (OSError, ValueError) as error:
        raise BadRequest("expected path as a file that can be written") from error
    return {
        "path": text(request, "path"),
        "width": WIDTH,
        "height": HEIGHT,
        "sha256": hashlib.sha256(png).hexdigest(),
        "alt_text": drawing.alt_text,
    }


def facts_of(raw: Mapping[str, object]) -> PriceCardFacts:
    """The facts of a request. Points without a usable price are dropped, as from any source.

    Raises:
        BadRequest: a field is missing, of the wrong type or out of bounds.
    """
    symbol, vs, price = text(raw, "symbol"), text(raw, "vs"), _decimal(text(raw, "price"), "price")
    is_stablecoin = symbol.upper() in _STABLECOINS and vs == "USD" and _NEAR_ONE[0] < price < _NEAR_ONE[1]
    try:
        return PriceCardFacts(
            name=text(raw, "name"),
            symbol=symbol,
            vs=vs,
            price=price,
            window=text(raw, "window"),
            series=_series(raw),
            source=text(raw, "source"),
            as_of_ms=_milliseconds(text(raw, "as_of")),
            change_24h_percent=_optional_decimal(raw, "change_24h_percent"),
            change_7d_percent=_optional_decimal(raw, "change_7d_percent"),
            market_cap=_optional_decimal(raw, "market_cap"),
            volume_24h=_optional_decimal(raw, "volume_24h"),
            low_24h=_optional_decimal(raw, "low_24h"),
            high_24h=_optional_decimal(raw, "high_24h"),
            rank=None if raw.get("rank") is None else integer(raw, "rank"),
            address=optional_text(raw, "address"),
            is_stablecoin=is_stablecoin,
            warnings=tuple(_text_item(item) for item in items(raw, "warnings")),
        )
    except ValueError as error:
        raise BadRequest(str(error)) from error


def _series(raw: Mapping[str, object]) -> tuple[Point, ...]:
    if not isinstance(raw.get("series"), list):
        raise BadRequest("expected series as a list of [unix seconds, price]")
    rows = items(raw, "series")
    if len(rows) > MOST_POINTS:
        raise BadRequest(f"expected at most {MOST_POINTS} points")
    points = []
    for row in rows:
        if not isinstance(row, list) or len(row) != 2 or isinstance(row[0], bool) or not isinstance(row[0], int):
            raise BadRequest("expected series as a list of [unix seconds, price]")
        if row[1] is None:
            continue
        price = _decimal(_text_item(row[1]), "a price of the series")
        if price > 0:
            points.append(Point(row[0], price))
    return tuple(sorted(points, key=lambda point: point.at_s))


def _optional_decimal(raw: Mapping[str, object], name: str) -> Decimal | None:
    value = optional_text(raw, name)
    return None if value is None else _decimal(value, name)


def _decimal(value: str, name: str) -> Decimal:
    """A number, bounded before it is read."""
    if len(value) > _MOST_DIGITS or not _DECIMAL.fullmatch(value) or not value.isascii():
        raise BadRequest(f"expected {name} as a decimal text")
    try:
        return Decimal(value)
    except InvalidOperation as error:
        raise BadRequest(f"expected {name} as a decimal text") from error


def _milliseconds(value: str) -> int:
    try:
        at = datetime.fromisoformat(value)
    except ValueError as error:
        raise BadRequest("expected as_of as ISO time") from error
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def _text_item(item: object) -> str:
    if not isinstance(item, str):
        raise BadRequest("expected texts in the list")
    return item


OPS = {"card.render": render}
