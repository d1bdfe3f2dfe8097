"""GeckoTerminal v2: tokens known by address alone, through their deepest pool on Ethereum. Source: price-cards.md 2.

There is no time of the price; the trades of the last hour say whether it lives. A pool in which the token is the quote side carries
the other token's price as its own, so the side is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from maskbot.adapters.market import fields
from maskbot.adapters.market.candles import read_bars
from maskbot.adapters.market.http import JsonFetcher
from maskbot.adapters.market.quotes import Details, Quote, Said, Token
from maskbot.domain.card import Candle
from maskbot.domain.errors import Malformed

NAME = "GeckoTerminal"
_ADDRESS = re.compile(r"0x[0-9a-f]{40}(?:[0-9a-f]{24})?")


class GeckoTerminal:
    """The source."""

    def __init__(self, *, url: str, fetcher: JsonFetcher, now_ms: Callable[[], int]) -> None:
        self._url = url
        self._fetcher = fetcher
        self._now_ms = now_ms

    def ask(self, token: Token) -> Said:
        """The price in US dollars in the deepest pool. Raises Malformed when none holds the token or none has traded lately."""
        url = f"{self._url}/networks/eth/tokens/{token.address}/pools"
        answer = fields.mapping(self._fetcher.fetch(url, source=NAME, params={"page": "1"}))
        found = []
        for each in fields.rows(answer.get("data"), most=30):
            try:
                found.append(self._pool(fields.mapping(each), address=token.address or ""))
            except Malformed:
                continue
        if not found:
            raise Malformed("GeckoTerminal: no pool with a price of this token")
        return max(found, key=lambda said: said.details.liquidity_usd or Decimal(0))

    def bars(self, pool: str, *, address: str, unit: str, limit: int) -> tuple[Candle, ...]:
        """Bars (`hour` or `day`) of a pool in US dollars, oldest first."""
        url = f"{self._url}/networks/eth/pools/{pool}/ohlcv/{unit}"
        params = {"aggregate": "1", "limit": str(limit), "currency": "usd", "token": address}
        answer = fields.mapping(self._fetcher.fetch(url, source=NAME, params=params))
        attributes = fields.mapping(fields.mapping(answer.get("data")).get("attributes"))
        return read_bars(attributes.get("ohlcv_list"), unit_s=Decimal(1))

    def _pool(self, entry: Mapping[str, object], *, address: str) -> Said:
        attributes = fields.mapping(entry.get("attributes"))
        side = _side(fields.mapping(entry.get("relationships")), address=address)
        pool = fields.text(attributes, "address").lower()
        if not _ADDRESS.fullmatch(pool):
            raise Malformed("GeckoTerminal: expected a pool's address")
        volume = fields.mapping(attributes.get("volume_usd"))
        change = fields.mapping(attributes.get("price_change_percentage"))
        details = Details(
            change_24h_percent=fields.optional(change, "h24") if side == "base" else None,
            volume_24h=fields.positive(volume, "h24"),
            liquidity_usd=fields.optional(attributes, "reserve_in_usd") or Decimal(0),
            born_ms=fields.moment_ms(fields.text(attributes, "pool_created_at")),
            pool=pool,
        )
        price = fields.price(attributes, f"{side}_token_price_usd")
        return Said(Quote(source=NAME, price=price, as_of_ms=self._last_trade_ms(attributes)), details)

    def _last_trade_ms(self, attributes: Mapping[str, object]) -> int:
        """Now, if it was traded within the hour (the age limit for such tokens is 30 min or one trade an hour)."""
        hour = fields.mapping(fields.mapping(attributes.get("transactions")).get("h1"))
        if not (fields.optional(hour, "buys") or fields.optional(hour, "sells")):
            raise Malformed("GeckoTerminal: no trade within the hour")
        return self._now_ms()


def _side(relationships: Mapping[str, object], *, address: str) -> str:
    for side in ("base", "quote"):
        data = fields.mapping(fields.mapping(relationships.get(f"{side}_token")).get("data"))
        if fields.text(data, "id").lower() == f"eth_{address}":
            return side
    raise Malformed("GeckoTerminal: a pool without this token")
