"""CoinGecko v3: rows of the market, candidates of a symbol, contracts, series, listings. Shapes: price-cards.md 2; traps: 5 and 6.

The base of every card: one row of `/coins/markets` holds price, changes, cap, volume and the hourly series of seven days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from maskbot.adapters.market import fields
from maskbot.adapters.market.candles import opened_at, read_bars
from maskbot.adapters.market.http import JsonFetcher
from maskbot.adapters.market.quotes import Details, Quote, Said, Token
from maskbot.domain.card import Candle, Point
from maskbot.domain.errors import Malformed

NAME = "CoinGecko"
TOP = 250
MOST_EXCHANGES = 5
_BATCH_BYTES = 2 << 20
_TOLERANCE = Decimal("0.05")
_MOST_POINTS = 3_000
_MS = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the market: which token it is, and what is said of it."""

    token: Token
    said: Said


@dataclass(frozen=True, slots=True)
class Listing:
    """Exchanges that list a token, the largest volume first, and how many more there are."""

    names: tuple[str, ...]
    more: int


class CoinGecko:
    """The source. A key goes in the header of its plan; keys of one plan are refused on the other's host."""

    def __init__(self, *, url: str, api_key: str | None, fetcher: JsonFetcher) -> None:
        self._url = url
        self._fetcher = fetcher
        header = "x-cg-pro-api-key" if url.startswith("https://pro-api.") else "x-cg-demo-api-key"
        self._headers = {header: api_key} if api_key else {}

    def row(self, token: Token, *, vs: str, underlying: Token | None = None) -> Row:
        """The token's row, with the price of what it is pegged to. Raises Malformed when there is no usable one."""
        ids = token.id if underlying is None else f"{token.id},{underlying.id}"
        found = {row.token.id: row for row in self._markets({"ids": ids}, vs=vs)}
        if token.id not in found:
            raise Malformed("CoinGecko: no usable price for this token")
        row = found[token.id]
        if underlying is None or underlying.id not in found:
            return row
        return Row(row.token, with_underlying(row.said, found[underlying.id].said.quote.price))

    def candidates(self, symbol: str) -> tuple[Row, ...]:
        """Every token that uses this symbol."""
        return self._markets({"symbols": symbol.lower(), "include_tokens": "all"}, vs="USD")

    def top(self) -> tuple[Row, ...]:
        """The largest coins, in US dollars, in one call."""
        params = {"order": "market_cap_desc", "per_page": str(TOP), "page": "1"}
        return self._markets(params, vs="USD", size_limit=_BATCH_BYTES)

    def contract(self, address: str) -> Token:
        """The token behind an Ethereum address. Raises NotKnown; Malformed when the answer is about another address."""
        entry = fields.mapping(self._get(f"/coins/ethereum/contract/{address}", {}))
        platforms = entry.get("platforms")
        told = platforms.get("ethereum") if isinstance(platforms, dict) else None
        if isinstance(told, str) and told.lower() != address:
            raise Malformed("CoinGecko: the answer is about another contract")
        coin_id, symbol, name = (fields.text(entry, key) for key in ("id", "symbol", "name"))
        return Token(id=coin_id, symbol=symbol.upper(), name=name, address=address)

    def place(self, coin_id: str) -> tuple[str, str] | None:
        """The first chain and address of a coin; None for a coin of its own chain."""
        params = {"localization": "false", "tickers": "false", "market_data": "false", "community_data": "false"}
        platforms = fields.mapping(self._get(f"/coins/{coin_id}", params)).get("platforms")
        if not isinstance(platforms, dict):
            return None
        for chain, address in platforms.items():
            if isinstance(address, str) and chain and 20 <= len(address) <= 80:
                return chain, address
        return None

    def chart(self, coin_id: str, *, vs: str, days: str) -> tuple[Point, ...]:
        """Prices over so many days (or `max`), oldest first, at most 400; points without a price are dropped."""
        answer = self._get(f"/coins/{coin_id}/market_chart", {"vs_currency": vs.lower(), "days": days})
        points = []
        for pair in fields.rows(fields.mapping(answer).get("prices"), most=_MOST_POINTS):
            if isinstance(pair, list) and len(pair) == 2 and all(isinstance(one, Decimal) and one > 0 for one in pair):
                points.append(Point(int(pair[0] / 1000) % 10**11, fields.rounded(pair[1])))
        return thinned(sorted(points, key=lambda point: point.at_s))

    def candles(self, coin_id: str, *, vs: str, days: str) -> tuple[Candle, ...]:
        """Bars over so many days: of 30 minutes for one or two days, of 4 hours up to 30. The site names a bar by its end."""
        answer = self._get(f"/coins/{coin_id}/ohlc", {"vs_currency": vs.lower(), "days": days})
        return opened_at(read_bars(answer, unit_s=_MS))

    def listing(self, coin_id: str) -> Listing:
        """Where the coin is traded: trusted markets that are neither stale nor odd."""
        answer = fields.mapping(self._get(f"/coins/{coin_id}/tickers", {"depth": "false", "order": "volume_desc"}))
        volumes: dict[str, Decimal] = {}
        for each in fields.rows(answer.get("tickers"), most=200):
            name, volume = _market_of(each)
            if name is not None:
                volumes[name] = volumes.get(name, Decimal(0)) + volume
        names = sorted(volumes, key=lambda name: (-volumes[name], name))
        return Listing(tuple(names[:MOST_EXCHANGES]), max(0, len(names) - MOST_EXCHANGES))

    def _markets(self, which: Mapping[str, str], *, vs: str, size_limit: int = 512 << 10) -> tuple[Row, ...]:
        params = {"vs_currency": vs.lower(), **which, "sparkline": "true", "price_change_percentage": "24h,7d"}
        return read_markets(self._get("/coins/markets", params, size_limit=size_limit))

    def _get(self, path: str, params: Mapping[str, str], *, size_limit: int = 512 << 10) -> object:
        return self._fetcher.fetch(
            self._url + path, source=NAME, params=params, headers=self._headers, size_limit=size_limit
        )


def read_markets(answer: object) -> tuple[Row, ...]:
    """The rows with a price that holds together; the others are left out (null prices are common)."""
    found = []
    for entry in fields.rows(answer, most=TOP):
        try:
            found.append(_row(fields.mapping(entry)))
        except Malformed:
            continue
    return tuple(found)


def with_underlying(said: Said, price: Decimal) -> Said:
    """The same, with the price of what the token is pegged to."""
    return replace(said, details=replace(said.details, underlying=price))


def thinned(points: Sequence[Point], *, most: int = 400) -> tuple[Point, ...]:
    """At most so many points, evenly taken; the last one always stays."""
    if len(points) <= most:
        return tuple(points)
    step = (len(points) - 1) / (most - 1)
    return tuple(points[round(index * step)] for index in range(most))


def _row(entry: Mapping[str, object]) -> Row:
    price = fields.price(entry, "current_price")
    change = fields.optional(entry, "price_change_percentage_24h")
    cap, supply = fields.positive(entry, "market_cap"), fields.optional(entry, "circulating_supply")
    if cap and supply and abs(cap - price * supply) > _TOLERANCE * cap:
        raise Malformed("CoinGecko: the market cap is not price times supply")
    sparkline = entry.get("sparkline_in_7d")
    series = _series(sparkline.get("price")) if isinstance(sparkline, dict) else ()
    _check_series(series, price=price, change=change)
    rank = fields.rank(entry, "market_cap_rank")
    token = Token(
        id=fields.text(entry, "id"),
        symbol=fields.text(entry, "symbol").upper(),
        name=fields.text(entry, "name"),
        rank=rank,
    )
    details = Details(
        change_24h_percent=change,
        change_7d_percent=fields.optional(entry, "price_change_percentage_7d_in_currency"),
        market_cap=cap,
        rank=rank,
        volume_24h=fields.positive(entry, "total_volume"),
        low_24h=fields.positive(entry, "low_24h"),
        high_24h=fields.positive(entry, "high_24h"),
        series=series,
    )
    quote = Quote(source=NAME, price=price, as_of_ms=fields.moment_ms(fields.text(entry, "last_updated")))
    return Row(token, Said(quote, details))


def _series(values: object) -> tuple[Decimal, ...]:
    if not isinstance(values, list):
        return ()
    return tuple(fields.rounded(value) for value in values[:400] if isinstance(value, Decimal) and value > 0)


def _check_series(points: Sequence[Decimal], *, price: Decimal, change: Decimal | None) -> None:
    if not points:
        return
    if abs(points[-1] - price) > _TOLERANCE * price:
        raise Malformed("CoinGecko: the series does not end at the price")
    if change is None or len(points) < 25:
        return
    from_series = (points[-1] / points[-25] - 1) * 100
    if abs(from_series) > 1 and abs(change) > 1 and (from_series > 0) != (change > 0):
        raise Malformed("CoinGecko: the change disagrees with the series")


def _market_of(ticker: object) -> tuple[str | None, Decimal]:
    try:
        entry = fields.mapping(ticker)
        name = fields.text(fields.mapping(entry.get("market")), "name")
        volume = fields.optional(fields.mapping(entry.get("converted_volume")), "usd") or Decimal(0)
    except Malformed:
        return None, Decimal(0)
    is_sound = entry.get("trust_score") == "green" and not entry.get("is_stale") and not entry.get("is_anomaly")
    return (name, volume) if is_sound else (None, Decimal(0))
