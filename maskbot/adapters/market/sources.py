"""Reads what each source answers: CoinGecko v3, DefiLlama coins, Coinbase Exchange. Shapes: price-cards.md 2, traps: 5 and 6.

Every reader raises Malformed for an answer that is not what its source documents, and for a price that is not above zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from maskbot.adapters.market.http import number
from maskbot.adapters.market.quotes import Details, Quote, Token
from maskbot.domain.errors import Malformed

_SERIES_TOLERANCE = Decimal("0.05")
_CAP_TOLERANCE = Decimal("0.05")


@dataclass(frozen=True, slots=True)
class MarketRow:
    """One row of CoinGecko's `/coins/markets`: which token it is, its price, and the rest."""

    token: Token
    quote: Quote
    details: Details
    volume: Decimal | None


def read_markets(answer: object) -> tuple[MarketRow, ...]:
    """The rows with a price that holds together; the others are left out (null prices are common)."""
    if not isinstance(answer, list):
        raise Malformed("CoinGecko: expected a list of coins")
    rows = []
    for entry in answer[:250]:
        try:
            rows.append(_market_row(_mapping(entry)))
        except Malformed:
            continue
    return tuple(rows)


def read_contract(answer: object, *, address: str) -> Token:
    """The token behind an address, from `/coins/ethereum/contract/{address}`."""
    entry = _mapping(answer)
    return Token(
        id=_text(entry, "id"), symbol=_text(entry, "symbol").upper(), name=_text(entry, "name"), address=address
    )


def read_platforms(answer: object) -> tuple[str, str] | None:
    """The first chain and address of a coin, from `/coins/{id}`; None for a coin of its own chain."""
    platforms = _mapping(answer).get("platforms")
    if not isinstance(platforms, dict):
        return None
    for chain, address in platforms.items():
        if isinstance(address, str) and chain and 20 <= len(address) <= 80:
            return chain, address
    return None


def read_llama(answer: object, *, coin: str) -> Quote:
    """The price of `coin` (`coingecko:bitcoin`, `ethereum:0x...`) in US dollars. An unknown coin is an empty answer: Malformed."""
    coins = _mapping(_mapping(answer).get("coins"))
    entry = _mapping(coins.get(coin))
    return Quote(
        source="DefiLlama",
        price=_price(entry, "price"),
        as_of_ms=int(_decimal(entry, "timestamp")) * 1000,
        confidence=_optional(entry, "confidence"),
    )


def read_ticker(answer: object) -> Quote:
    """The last trade, from Coinbase Exchange's `/products/{product}/ticker`; prices come as texts."""
    entry = _mapping(answer)
    return Quote(source="Coinbase", price=_price(entry, "price"), as_of_ms=_moment_ms(_text(entry, "time")))


def _market_row(entry: Mapping[str, object]) -> MarketRow:
    price = _price(entry, "current_price")
    change = _optional(entry, "price_change_percentage_24h")
    cap, supply = _optional(entry, "market_cap"), _optional(entry, "circulating_supply")
    if cap and supply and abs(cap - price * supply) > _CAP_TOLERANCE * cap:
        raise Malformed("CoinGecko: the market cap is not price times supply")
    sparkline = entry.get("sparkline_in_7d")
    if isinstance(sparkline, dict):
        _check_series(_points(sparkline.get("price")), price=price, change=change)
    rank = _optional(entry, "market_cap_rank")
    token = Token(
        id=_text(entry, "id"),
        symbol=_text(entry, "symbol").upper(),
        name=_text(entry, "name"),
        rank=int(rank) if rank is not None else None,
    )
    details = Details(
        change_24h_percent=change,
        change_7d_percent=_optional(entry, "price_change_percentage_7d_in_currency"),
        market_cap=cap or None,
        rank=token.rank,
    )
    quote = Quote(source="CoinGecko", price=price, as_of_ms=_moment_ms(_text(entry, "last_updated")))
    return MarketRow(token=token, quote=quote, details=details, volume=_optional(entry, "total_volume"))


def _check_series(points: Sequence[Decimal], *, price: Decimal, change: Decimal | None) -> None:
    if not points:
        return
    if abs(points[-1] - price) > _SERIES_TOLERANCE * price:
        raise Malformed("CoinGecko: the series does not end at the price")
    if change is None or len(points) < 25 or points[-25] <= 0:
        return
    from_series = (points[-1] / points[-25] - 1) * 100
    if abs(from_series) > 1 and abs(change) > 1 and (from_series > 0) != (change > 0):
        raise Malformed("CoinGecko: the change disagrees with the series")


def _points(values: object) -> tuple[Decimal, ...]:
    if not isinstance(values, list):
        return ()
    return tuple(_only_decimals(values[:1000]))


def _only_decimals(values: Iterable[object]) -> Iterable[Decimal]:
    return (value for value in values if isinstance(value, Decimal))


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise Malformed("expected an object")
    return value


def _text(entry: Mapping[str, object], key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not 0 < len(value) <= 100:
        raise Malformed(f"expected a short text as {key}")
    return value


def _decimal(entry: Mapping[str, object], key: str) -> Decimal:
    value = _optional(entry, key)
    if value is None:
        raise Malformed(f"expected a number as {key}")
    return value


def _optional(entry: Mapping[str, object], key: str) -> Decimal | None:
    value = entry.get(key)
    if isinstance(value, str):
        return number(value)
    return value if isinstance(value, Decimal) else None


def _price(entry: Mapping[str, object], key: str) -> Decimal:
    price = _decimal(entry, key)
    if price <= 0:
        raise Malformed("a price of zero or less is a failure")
    return price


def _moment_ms(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Malformed("expected an ISO time") from error
    if moment.tzinfo is None:
        raise Malformed("expected a time with its zone")
    return int(moment.timestamp() * 1000)
