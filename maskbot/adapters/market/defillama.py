"""DefiLlama coins: the second opinion in US dollars, with a confidence. Source: price-cards.md 2.

An unknown token is an empty answer with HTTP 200, which is Malformed here: not found, and never a zero.
"""

from __future__ import annotations

from maskbot.adapters.market import fields
from maskbot.adapters.market.http import JsonFetcher
from maskbot.adapters.market.quotes import Quote, Said, Token
from maskbot.domain.errors import Malformed

NAME = "DefiLlama"


class DefiLlama:
    """The source."""

    def __init__(self, *, url: str, fetcher: JsonFetcher) -> None:
        self._url = url
        self._fetcher = fetcher

    def ask(self, token: Token) -> Said:
        """The price in US dollars, by CoinGecko's id or else by address."""
        coin = f"coingecko:{token.id}" if token.id else f"ethereum:{token.address}"
        url = f"{self._url}/prices/current/{coin}"
        answer = self._fetcher.fetch(url, source=NAME, params={"searchWidth": "4h"})
        return read_price(answer, coin=coin, symbol=token.symbol if token.is_pinned else None)


def read_price(answer: object, *, coin: str, symbol: str | None) -> Said:
    """The price of `coin` (`coingecko:bitcoin`, `ethereum:0x...`). Raises Malformed for a coin of another symbol, if one is due."""
    entry = fields.mapping(fields.mapping(fields.mapping(answer).get("coins")).get(coin))
    told = entry.get("symbol")
    if symbol is not None and isinstance(told, str) and told.upper() != symbol:
        raise Malformed("DefiLlama: the answer is about another coin")
    return Said(
        Quote(
            source=NAME,
            price=fields.price(entry, "price"),
            as_of_ms=fields.seconds_ms(entry, "timestamp"),
            confidence=fields.optional(entry, "confidence"),
        )
    )
